package wire

import (
	"strings"
	"testing"
)

func TestFromYAML(t *testing.T) {
	for name, test := range map[string]struct{ text, want, wrong string }{
		"YAML":                         {text: "a: 1\nb: [x]\n", want: `{"a":1,"b":["x"]}`},
		"JSON stays as it is":          {text: " {\"a\": 1.0}\n", want: `{"a": 1.0}`},
		"nothing":                      {text: "", want: "null"},
		"comments":                     {text: "# a\n", want: "null"},
		"a comment behind":             {text: "{a: 1} # b\n# c\n", want: `{"a":1}`},
		"a key twice":                  {text: "a: 1\na: 2\n", wrong: `key "a" already set`},
		"a member twice":               {text: `{"a": 1, "a": 2}`, wrong: `duplicate field "a"`},
		"an object behind":             {text: "{\"a\": 1}\n\n{\"b\": 2}\n", wrong: "line 3: there is something after the end of the object"},
		"members behind a flow map":    {text: "{a: 1}\nb: 2\n", wrong: "line 2: there is something after the end of the object"},
		"a bracket too many":           {text: "{a: 1}}\n", wrong: "line 1: there is something after the end of the object"},
		"a list behind a list":         {text: "[a]\n[b]\n", wrong: "line 2: there is something after the end of the object"},
		"what no token begins, behind": {text: "{a: 1}\n@\n", wrong: "yaml: line 2: found character that cannot start any token"},
		"broken":                       {text: "a: [\n", wrong: "yaml: line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := FromYAML([]byte(test.text))
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) {
					t.Errorf("got %s, error %v, want %q", got, err, test.wrong)
				}
				return
			}
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, error %v, want %s", got, err, test.want)
			}
		})
	}
}
