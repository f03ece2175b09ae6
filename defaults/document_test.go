package defaults

import (
	"encoding/json"
	"testing"
)

// TestDocument checks that a document remembers each write as one operation, whatever was there before.
func TestDocument(t *testing.T) {
	for _, test := range []struct {
		name, sent string
		write      func(*document)
		want       string // the patch
	}{
		{"nothing", `{"a":1}`, func(*document) {}, `[]`},
		{"absent member", `{}`, func(d *document) { d.fill("a", 1) }, `[{"op":"add","path":"/a","value":1}]`},
		{"null member", `{"a":null}`, func(d *document) { d.fill("a", 1) }, `[{"op":"replace","path":"/a","value":1}]`},
		{"zero members", `{"a":0,"b":"","c":false,"d":0.0}`, func(d *document) { d.fill("a", 1); d.fill("b", "x"); d.fill("c", true); d.fill("d", 2) },
			`[{"op":"replace","path":"/a","value":1},{"op":"replace","path":"/b","value":"x"},{"op":"replace","path":"/c","value":true},{"op":"replace","path":"/d","value":2}]`},
		{"zero is a value of a pointer", `{"a":0,"b":""}`, func(d *document) { d.fillAbsent("a", 1); d.fillAbsent("b", "x") }, `[]`},
		{"null is no value of a pointer", `{"a":null}`, func(d *document) { d.fillAbsent("a", 1) }, `[{"op":"replace","path":"/a","value":1}]`},
		{"values stay", `{"a":2,"b":{},"c":[]}`, func(d *document) { d.fill("a", 1); d.fill("b", 1); d.fill("c", 1) }, `[]`},
		{"an absent object comes whole", `{}`, func(d *document) { o := d.object.object("a"); o.fill("b", 1); o.object("c").fill("d", 2) },
			`[{"op":"add","path":"/a","value":{"b":1,"c":{"d":2}}}]`},
		{"a null object comes whole", `{"a":null}`, func(d *document) { d.object.object("a").fill("b", 1) }, `[{"op":"replace","path":"/a","value":{"b":1}}]`},
		{"an object that is only looked at does not come", `{}`, func(d *document) { d.object.object("a").object("b").has("c") }, `[]`},
		{"two handles of one absent object", `{}`, func(d *document) { d.object.object("a").fill("b", 1); d.object.object("a").fill("c", 2) }, `[{"op":"add","path":"/a","value":{"b":1,"c":2}}]`},
		{"two handles taken before the first write", `{}`, func(d *document) {
			one, two := d.object.object("a"), d.object.object("a")
			one.fill("b", 1)
			two.fill("c", 2)
		}, `[{"op":"add","path":"/a","value":{"b":1,"c":2}}]`},
		{"what is no object is left alone", `{"a":"text","b":[1]}`, func(d *document) { d.object.object("a").fill("c", 1); d.object.object("b").fill("c", 1) }, `[]`},
		{"list elements", `{"a":[{"b":1},{},"text",null]}`, func(d *document) {
			for _, element := range d.object.objects("a") {
				element.fill("b", 2)
				element.fill("c", 3)
			}
		}, `[{"op":"add","path":"/a/0/c","value":3},{"op":"add","path":"/a/1/b","value":2},{"op":"add","path":"/a/1/c","value":3},{"op":"replace","path":"/a/3","value":{"b":2,"c":3}}]`},
		{"two handles of a null element", `{"a":[null]}`, func(d *document) {
			one, two := d.object.objects("a")[0], d.object.objects("a")[0]
			one.fill("b", 1)
			two.fill("c", 2)
		}, `[{"op":"replace","path":"/a/0","value":{"b":1,"c":2}}]`},
		{"a list that is none", `{"a":{"b":1}}`, func(d *document) {
			if n := len(d.object.objects("a")); n != 0 {
				panic(n)
			}
		}, `[]`},
		{"escaped names", `{"a/b":{"c~d":{}}}`, func(d *document) { d.object.object("a/b").object("c~d").fill("e", 1) }, `[{"op":"add","path":"/a~1b/c~0d/e","value":1}]`},
		{"a text that cannot be chosen", `{"a":"x","b":"y","c":1}`, func(d *document) { d.set("a", "x"); d.set("b", "x"); d.set("c", "x") },
			`[{"op":"replace","path":"/b","value":"x"},{"op":"replace","path":"/c","value":"x"}]`},
		{"written twice, patched once", `{"a":""}`, func(d *document) { d.set("a", "x"); d.set("a", "y") }, `[{"op":"replace","path":"/a","value":"y"}]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := openDocument([]byte(test.sent))
			if err != nil {
				t.Fatal(err)
			}
			test.write(d)
			patch, err := d.patch()
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(patch)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("patch %s\nwant  %s", got, test.want)
			}
		})
	}
}

func TestDocumentOfWhatIsNoObject(t *testing.T) {
	for _, sent := range []string{``, `[]`, `"x"`, `{`} {
		if _, err := openDocument([]byte(sent)); err == nil {
			t.Errorf("%q was opened", sent)
		}
	}
}
