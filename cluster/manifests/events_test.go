package manifests

import (
	"testing"

	"github.com/fsnotify/fsnotify"
)

func TestConcerns(t *testing.T) {
	e := &events{paths: []string{"m", "etc/sets.yaml", "top.yaml"}}
	tests := []struct {
		event fsnotify.Event
		want  bool
	}{
		{fsnotify.Event{Name: "m/a.yaml", Op: fsnotify.Write}, true},
		{fsnotify.Event{Name: "m", Op: fsnotify.Create}, true},
		{fsnotify.Event{Name: "etc/sets.yaml", Op: fsnotify.Remove}, true},
		{fsnotify.Event{Name: "./top.yaml", Op: fsnotify.Rename}, true},
		{fsnotify.Event{Name: "etc/..data", Op: fsnotify.Create}, true},
		{fsnotify.Event{Name: "etc/sets.yaml", Op: fsnotify.Chmod | fsnotify.Write}, true},
		{fsnotify.Event{Name: "etc/sets.yaml", Op: fsnotify.Chmod}, false},
		{fsnotify.Event{Name: "etc/other.yaml", Op: fsnotify.Write}, false},
		{fsnotify.Event{Name: "m2/a.yaml", Op: fsnotify.Write}, false},
		{fsnotify.Event{Name: "m/sub/a.yaml", Op: fsnotify.Write}, false},
	}
	for _, test := range tests {
		if got := e.concerns(test.event); got != test.want {
			t.Errorf("%s: %v, want %v", test.event, got, test.want)
		}
	}
}
