package inject

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCanonical(t *testing.T) {
	tests := []struct{ name, stored, typed, want string }{
		{"unknown members stay", `{"name":"c","future":{"a":[1]}}`, `{"name":"c"}`, `{"name":"c","future":{"a":[1]}}`},
		{"quantities are respelled", `{"limits":{"cpu":"1000m"}}`, `{"limits":{"cpu":"1"}}`, `{"limits":{"cpu":"1"}}`},
		{"members that are always written appear", `{"name":"c"}`, `{"name":"c","resources":{}}`, `{"name":"c","resources":{}}`},
		{"lists element by element", `{"env":[{"name":"A","x":1},{"name":"B"}]}`, `{"env":[{"name":"A"},{"name":"B","value":"1"}]}`, `{"env":[{"name":"A","x":1},{"name":"B","value":"1"}]}`},
		{"nulls stay where the type has nothing", `{"args":null,"name":"c"}`, `{"name":"c"}`, `{"args":null,"name":"c"}`},
		{"the type wins where shapes differ", `{"env":[null],"image":{}}`, `{"env":[{"name":""}],"image":"i"}`, `{"env":[{"name":""}],"image":"i"}`},
		{"large numbers keep their digits", `{"n":9007199254740993,"f":1.50}`, `{"n":9007199254740993}`, `{"n":9007199254740993,"f":1.50}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := canonical(tree(t, []byte(test.stored)), tree(t, []byte(test.typed)))
			if difference := cmp.Diff(tree(t, []byte(test.want)), got); difference != "" {
				t.Errorf("(-want +got):\n%s", difference)
			}
		})
	}
}

func TestCovers(t *testing.T) {
	tests := []struct {
		name, have, want string
		covers           bool
	}{
		{"equal", `{"name":"c","env":[{"name":"A"}]}`, `{"env":[{"name":"A"}],"name":"c"}`, true},
		{"defaulted members", `{"name":"c","tty":false}`, `{"name":"c"}`, true},
		{"empty members may be absent", `{"name":"c"}`, `{"name":"c","resources":{},"env":[]}`, true},
		{"a member is absent", `{"name":"c"}`, `{"name":"c","image":"i"}`, false},
		{"a member differs", `{"image":"j"}`, `{"image":"i"}`, false},
		{"mounts may be added", `{"volumeMounts":[{"name":"a"},{"name":"token"}]}`, `{"volumeMounts":[{"name":"a"}]}`, true},
		{"variables may be added in between", `{"env":[{"name":"A"},{"name":"X"},{"name":"B"}]}`, `{"env":[{"name":"A"},{"name":"B"}]}`, true},
		{"variables keep their order", `{"env":[{"name":"B"},{"name":"A"}]}`, `{"env":[{"name":"A"},{"name":"B"}]}`, false},
		{"a variable is absent", `{"env":[{"name":"A"}]}`, `{"env":[{"name":"A"},{"name":"A"}]}`, false},
		{"other lists do not grow", `{"args":["a","b"]}`, `{"args":["a"]}`, false},
		{"another type", `{"args":{}}`, `{"args":["a"]}`, false},
		{"an object for a text", `{"image":{}}`, `{"image":"i"}`, false},
		{"a text for an object", `"c"`, `{"image":"i"}`, false},
		{"a text for a growing list", `{"env":"A"}`, `{"env":[{"name":"A"}]}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := rawCovers(json.RawMessage(test.have), json.RawMessage(test.want)); got != test.covers {
				t.Errorf("got %v", got)
			}
		})
	}
	if rawCovers(json.RawMessage(`{`), json.RawMessage(`{}`)) || rawCovers(json.RawMessage(`{}`), json.RawMessage(``)) {
		t.Error("broken JSON is covered")
	}
}
