package cluster

import "testing"

func TestIsName(t *testing.T) {
	for name, want := range map[string]bool{
		"web-0": true, "a.b": true, "": false, ".": false, "..": false, "a/b": false, "a%2fb": false,
	} {
		if got := IsName(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
}
