package rawjson

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	kjson "sigs.k8s.io/json"
)

// texts are valid and invalid JSON, seeds of the fuzz target too.
var texts = []string{
	``, ` `, `{}`, ` { } `, `[]`, `[ ]`, `null`, `nul`, `nullx`, `true`, `false`, `truefalse`, `"a"`, `"a`, `"`, `"\`, `"\u12`, `"\u00e9"`, `"\ud83d\ude00"`, `"\ud800"`,
	`"\x"`, "\"\x01\"", "\"\xff\"", `"é"`, `"\""`, `0`, `-0`, `-`, `01`, `1.`, `1.5`, `.5`, `1e5`, `1e`, `1E+5`, `1e-`, `-1.5e-10`, `+1`, `0x1`, `NaN`,
	`{"a":1}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{"a" 1}`, `{a:1}`, `{"a":1}x`, `{"a":1}{}`, `[1,2]`, `[1,]`, `[,]`, `[1 2]`, `[1`, `{"a":1`, `}`, `]`, `{]`, `[}`,
	`{"a":"x","A":"y"}`, `{"a":"x","a":"y"}`, `{"a":"x","a":null}`, `{"\u0061":"x"}`, `{"b":true}`, `{"b":false,"l":["p","q"]}`, `{"b":1}`, `{"a":[]}`, `{"l":null}`,
	`{"l":[null,"x"]}`, `{"r":{"x":[1,{"y":"z"}]}}`, `{"r":null}`, `{"r": 1 }`, ` {"a" : "x" , "r" : [ 1 , 2 ] } `, `{"a":"0123456789abcdef0123456789"}`,
	`{"a":"0123456\"89abcdef"}`, "{\"a\":\"0123456\x1f89abcdef\"}", `{"a":"01234567é9abcdef"}`, `{"a":"01234567\n9abcdef"}`, `{"o":{"a":"x"},"o":{"b":true}}`,
}

// members is what the tests read; R is read as it is.
type members struct {
	A string
	B bool
	L []string
	O inner
	R []byte
}

type inner struct {
	A string `json:"a"`
	B bool   `json:"b"`
}

// scan reads members with a Scanner.
func scan(text []byte) (members, bool) {
	var m members
	s := New(text)
	for name := range s.Members() {
		switch string(name) {
		case "a":
			s.String(&m.A)
		case "b":
			s.Bool(&m.B)
		case "l":
			m.L = nil
			for range s.Elements() {
				var element string
				s.String(&element)
				m.L = append(m.L, element)
			}
		case "o":
			for name := range s.Members() {
				switch string(name) {
				case "a":
					s.String(&m.O.A)
				case "b":
					s.Bool(&m.O.B)
				}
			}
		case "r":
			m.R = s.Value()
		}
	}
	return m, s.Done()
}

// reference reads members with the decoder of the API server. The elements of a list do not keep what a list before had in their place.
func reference(text []byte) (members, error) {
	var m struct {
		A string          `json:"a"`
		B bool            `json:"b"`
		L freshList       `json:"l"`
		O inner           `json:"o"`
		R json.RawMessage `json:"r"`
	}
	err := kjson.UnmarshalCaseSensitivePreserveInts(text, &m)
	return members{m.A, m.B, m.L, m.O, m.R}, err
}

// freshList starts anew whenever it is read.
type freshList []string

func (t *freshList) UnmarshalJSON(text []byte) error {
	var fresh []string
	err := kjson.UnmarshalCaseSensitivePreserveInts(text, &fresh)
	*t = fresh
	return err
}

func compare(t *testing.T, text []byte) {
	t.Helper()
	s := New(text)
	raw := s.Value()
	if done, valid := s.Done(), json.Valid(text); done != valid && (done || nesting(text) <= MaxDepth) {
		t.Fatalf("%q: the Scanner says valid: %t, the decoder %t", text, done, valid)
	} else if done && !bytes.Equal(raw, bytes.Trim(text, " \t\r\n")) {
		t.Fatalf("%q: the Scanner read %q", text, raw)
	}
	got, done := scan(text)
	if !done {
		return
	}
	want, err := reference(text)
	if err != nil {
		t.Fatalf("%q: accepted, but the decoder says %v", text, err)
	}
	if got.A != want.A || got.B != want.B || got.O != want.O || strings.Join(got.L, "\x00") != strings.Join(want.L, "\x00") || !bytes.Equal(got.R, want.R) {
		t.Fatalf("%q: got %+v, want %+v", text, got, want)
	}
}

// nesting is not less than the depth of the text.
func nesting(text []byte) int { return bytes.Count(text, []byte("{")) + bytes.Count(text, []byte("[")) }

func TestScannerAgreesWithTheDecoder(t *testing.T) {
	for _, text := range texts {
		compare(t, []byte(text))
	}
}

func TestScannerAcceptsWhatIsUsual(t *testing.T) {
	text := ` {"a":"x\u00e9","b":true,"l":["p",null],"o":{"a":"0123456789"},"r":[1, {"x":-1.5e3}],"other":{"deep":[[[]]]}} `
	got, ok := scan([]byte(text))
	if !ok || got.A != "xé" || !got.B || len(got.L) != 2 || got.O.A != "0123456789" || string(got.R) != `[1, {"x":-1.5e3}]` {
		t.Errorf("got %+v, %t", got, ok)
	}
}

func TestDepthIsBounded(t *testing.T) {
	for depth, want := range map[int]bool{MaxDepth: true, MaxDepth + 1: false, 1_000_000: false} {
		s := New([]byte(strings.Repeat("[", depth) + strings.Repeat("]", depth)))
		s.Value()
		if got := s.Done(); got != want {
			t.Errorf("depth %d: accepted is %t, want %t", depth, got, want)
		}
	}
}

func TestFailIsForGood(t *testing.T) {
	s := New([]byte(`{"a":"x","b":true}`))
	for range s.Members() {
		s.Fail()
	}
	var a string
	if s.String(&a); s.Done() || a != "" || s.Value() != nil {
		t.Error("a Scanner that was made to fail reads on")
	}
}

func FuzzScanner(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(compare)
}

// BenchmarkValue passes over 3.7 KB.
func BenchmarkValue(b *testing.B) {
	text := []byte(`{"items":[` + strings.Repeat(`{"name":"VARIABLE","value":"some value of a usual length","n":[1,2,true]},`, 50) + `null]}`)
	b.Run("scanner", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if New(text).Value() == nil {
				b.Fatal("not accepted")
			}
		}
	})
	b.Run("encoding/json.Valid", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if !json.Valid(text) {
				b.Fatal("not accepted")
			}
		}
	})
}
