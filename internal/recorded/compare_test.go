package recorded

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDifference(t *testing.T) {
	const pod = `{"metadata":{"name":"p","annotations":{"a/b":"{\"updateTimestamp\":\"2026-01-01T00:00:00Z\",\"x\":1}"}},"spec":{"n":[1,2,3],"big":9007199254740993}}`
	no := false
	for name, test := range map[string]struct {
		object string // posted; default pod
		expect Expect
		answer Answer
		want   string // part of the difference; "" for none
	}{
		"both refuse, with other words": {
			expect: Expect{Message: "theirs"}, answer: Answer{Message: "ours"},
		},
		"refused and recorded as allowed": {
			expect: Expect{Allowed: true}, answer: Answer{Message: "no"}, want: "refused, recorded: allowed\n    our words:      no",
		},
		"allowed and recorded as refused": {
			expect: Expect{Message: "no"}, answer: Answer{Allowed: true}, want: "allowed, recorded: refused\n    recorded words: no",
		},
		"unchanged in both": {
			expect: Expect{Allowed: true}, answer: Answer{Allowed: true},
		},
		"the same change": {
			expect: Expect{Allowed: true, Object: json.RawMessage(`{"spec":{"a":2}}`)}, object: `{"spec":{"a":1}}`,
			answer: Answer{Allowed: true, Patch: json.RawMessage(`[{"op":"replace","path":"/spec/a","value":2}]`)},
		},
		"a change missing": {
			expect: Expect{Allowed: true, Object: json.RawMessage(`{"spec":{"a":2,"b":[1,{"c/d":1}]}}`)}, object: `{"spec":{"a":1,"b":[1,{}]}}`,
			answer: Answer{Allowed: true}, want: "    - /spec/a: 2\n    + /spec/a: 1\n    - /spec/b/1/c~1d: 1",
		},
		"a change too much": {
			expect: Expect{Allowed: true}, object: `{"n":[1,3]}`,
			answer: Answer{Allowed: true, Patch: json.RawMessage(`[{"op":"add","path":"/n/1","value":2}]`)}, want: "    + /n/1: 2",
		},
		"a change of a large number": {
			expect: Expect{Allowed: true, Object: json.RawMessage(strings.Replace(pod, "993", "992", 1))},
			answer: Answer{Allowed: true}, want: "- /spec/big: 9007199254740992",
		},
		"a patch that does not apply": {
			expect: Expect{Allowed: true},
			answer: Answer{Allowed: true, Patch: json.RawMessage(`[{"op":"remove","path":"/gone"}]`)}, want: "our patch does not apply",
		},
		"another time of injection": {
			expect: Expect{Allowed: true, Object: json.RawMessage(strings.Replace(pod, "2026-01-01T00:00:00Z", "*", 1))},
			answer: Answer{Allowed: true},
		},
		"another annotation": {
			expect: Expect{Allowed: true, Object: json.RawMessage(strings.Replace(pod, `\"x\":1`, `\"x\":2`, 1))},
			answer: Answer{Allowed: true}, want: "/metadata/annotations/a~1b",
		},
		"one of several recorded results": {
			expect: Expect{Allowed: true, Object: json.RawMessage(`{"a":1}`), Alternatives: []json.RawMessage{[]byte(`{"a":1}`), []byte(`{"a":2}`)}},
			object: `{"a":2}`, answer: Answer{Allowed: true},
		},
		"none of several recorded results": {
			expect: Expect{Allowed: true, Object: json.RawMessage(`{"a":1}`), Alternatives: []json.RawMessage{[]byte(`{"a":1}`), []byte(`{"a":2}`)}},
			object: `{"a":3}`, answer: Answer{Allowed: true}, want: "- /a: 1",
		},
		"noise": {
			expect: Expect{Allowed: true, Object: json.RawMessage(`{"status":{},"n":[{"x":null},2]}`), Noise: []string{"/status", "/n/0/x", "/n/7", "/gone/x"}},
			object: `{"n":[{},2]}`, answer: Answer{Allowed: true},
		},
		"beside noise": {
			expect: Expect{Allowed: true, Object: json.RawMessage(`{"status":{},"n":1}`), Noise: []string{"/status"}},
			object: `{"n":2}`, answer: Answer{Allowed: true}, want: "- /n: 1",
		},
		"any value": {
			expect: Expect{Allowed: true, Object: json.RawMessage(`{"a":["*",{"b":"*"}]}`)}, object: `{"a":[7,{"b":{"c":1}}]}`, answer: Answer{Allowed: true},
		},
		"any value, but there is none": {
			expect: Expect{Allowed: true, Object: json.RawMessage(`{"a":"*"}`)}, object: `{}`, answer: Answer{Allowed: true}, want: `- /a: "*"`,
		},
		"a recorded patch that does not apply": {
			expect: Expect{Allowed: true, PatchApplies: &no}, answer: Answer{Allowed: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			object := test.object
			if object == "" {
				object = pod
			}
			c := Case{ID: "c", Review: json.RawMessage(`{"request":{"object":` + object + `}}`), Expect: test.expect}
			got := c.difference(test.answer)
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q in it", got, test.want)
			}
		})
	}
}

func TestBody(t *testing.T) {
	empty := ""
	for name, test := range map[string]struct {
		line, want string
	}{
		"a review": {`{"review":{"request":null}}`, `{"request":null}`},
		"a text":   {`{"review":null,"rawBody":"{"}`, "{"},
		"no text":  {`{"review":null,"rawBody":""}`, empty},
		"parts":    {`{"review":null,"rawBodyParts":[["a",1],["bc",3]]}`, "abcbcbc"},
	} {
		t.Run(name, func(t *testing.T) {
			var c Case
			if err := json.Unmarshal([]byte(test.line), &c); err != nil {
				t.Fatal(err)
			}
			if got := string(c.Body()); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
