package inject

import "testing"

// The rows are those of spec/inject.md 6.3, which were recorded.
func TestMergeJSON(t *testing.T) {
	tests := []struct {
		name, document, patch, want string // want "" is an error
	}{
		{"new member", `{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`},
		{"nested null removes", `{"b": 1, "a" : {"x":1}}`, `{"a":{"x":null,"y":2}}`, `{"a":{"y":2},"b":1}`},
		{"null removes", `{"a":1}`, `{"a":null}`, `{}`},
		{"nulls of a new object vanish", `{"a":1}`, `{"c":null,"d":{"e":null,"f":1}}`, `{"a":1,"d":{"f":1}}`},
		{"arrays are replaced", `{"a":[1,2]}`, `{"a":[3]}`, `{"a":[3]}`},
		{"an empty patch normalises", ` {"z":1,"a":2} `, `{}`, `{"a":2,"z":1}`},
		{"onto an array", `[1,2]`, `{"a":1,"b":null}`, `{"a":1}`},
		{"onto a number", `5`, `{"a":1,"b":null}`, `{"a":1}`},
		{"onto a string", `"str"`, `{"a":1,"b":null}`, `{"a":1}`},
		{"an array as patch", `{"a":1}`, `[1,null]`, `[1,null]`},
		{"an array as patch loses nulls in objects", `{"a":1}`, `[{"b":null,"c":1}]`, `[{"c":1}]`},
		{"an object replaced by an array loses nulls in objects", `{"a":{}}`, `{"a":[{"b":null}]}`, `{"a":[{}]}`},
		{"untouched values keep their spelling", `{"f":1.50,"n":12345678901234567890,"o":{"z":1, "a":1e3}}`, `{"x":1}`, `{"f":1.50,"n":12345678901234567890,"o":{"z":1,"a":1e3},"x":1}`},
		{"untouched nulls stay", `{"keep":null}`, `{"x":1}`, `{"keep":null,"x":1}`},
		{"a null becomes an object", `{"b":null}`, `{"b":{"x":1,"y":null}}`, `{"b":{"x":1}}`},
		{"markup is escaped", `{"a":"<&>"}`, `{}`, `{"a":"\u003c\u0026\u003e"}`},
		{"not json", `not json`, `{}`, ""},
		{"null document", `null`, `{}`, ""},
		{"null patch", `{"a":1}`, `null`, ""},
		{"string patch", `{"a":1}`, `"str"`, ""},
		{"number patch", `{"a":1}`, `5`, ""},
		{"patch that is not json", `{"a":1}`, `not json`, ""},
		{"empty patch text", `{"a":1}`, ``, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := mergeJSON(test.document, test.patch)
			if got != test.want || (err != nil) != (test.want == "") {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
		})
	}
}
