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

func TestSame(t *testing.T) {
	tests := []struct {
		name, have, want string
		same             bool
	}{
		{"equal in another order", `{"name":"c","args":["a"]}`, `{"args":["a"],"name":"c"}`, true},
		{"defaulted members", `{"name":"c","terminationMessagePolicy":"File","ports":[{"containerPort":1,"protocol":"TCP"}]}`, `{"name":"c","ports":[{"containerPort":1}]}`, true},
		{"any pull policy by default", `{"name":"c","imagePullPolicy":"Always"}`, `{"name":"c"}`, true},
		{"another value than the default", `{"name":"c","terminationMessagePolicy":"FallbackToLogsOnError"}`, `{"name":"c"}`, false},
		{"a member that nobody defaults", `{"name":"c","command":["sleep"]}`, `{"name":"c"}`, false},
		{"empty members on either side", `{"name":"c","securityContext":{}}`, `{"name":"c","resources":{},"env":[]}`, true},
		{"a member is absent", `{"name":"c"}`, `{"name":"c","image":"i"}`, false},
		{"a member differs", `{"image":"j"}`, `{"image":"i"}`, false},
		{"a longer list", `{"args":["a","b"]}`, `{"args":["a"]}`, false},
		{"a shorter list", `{"args":["a"]}`, `{"args":["a","b"]}`, false},
		{"another type", `{"args":{}}`, `{"args":["a"]}`, false},
		{"an object for a text", `{"image":{"a":1}}`, `{"image":"i"}`, false},
		{"a text for an object", `"c"`, `{"image":"i"}`, false},
		{"numbers by their digits", `{"n":1}`, `{"n":1}`, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := rawSame(json.RawMessage(test.have), json.RawMessage(test.want)); got != test.same {
				t.Errorf("got %v", got)
			}
		})
	}
	if rawSame(json.RawMessage(`{`), json.RawMessage(`{}`)) || rawSame(json.RawMessage(`{}`), json.RawMessage(``)) {
		t.Error("broken JSON is the same as something")
	}
}
