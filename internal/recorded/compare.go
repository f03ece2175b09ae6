package recorded

// What makes an answer differ from the recorded one.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"

	"github.com/kruise-admission/kruise-admission/decision"
)

// Answer is what a rule decided, or a server answered.
type Answer struct {
	Allowed bool
	// Message is shown where the verdict differs.
	Message string
	// Patch is the encoded JSON patch; nil without one.
	Patch json.RawMessage
}

// FromDecision is the answer that carries a decision.
func FromDecision(d decision.Decision) (Answer, error) {
	patch, err := encode(d.Patch)
	return Answer{Allowed: d.Allowed, Message: d.Message, Patch: patch}, err
}

// Patched is an object with the operations of a decision applied, strictly.
func Patched(object []byte, operations []decision.Operation) ([]byte, error) {
	patch, err := encode(operations)
	if err != nil {
		return nil, err
	}
	return apply(object, patch)
}

func encode(operations []decision.Operation) (json.RawMessage, error) {
	if len(operations) == 0 {
		return nil, nil
	}
	return json.Marshal(operations)
}

// difference says how an answer differs from the recorded one, for people; "" when they agree.
func (c *Case) difference(answer Answer) string {
	if answer.Allowed != c.Expect.Allowed {
		difference := fmt.Sprintf("%s, recorded: %s", verdict(answer.Allowed), verdict(c.Expect.Allowed))
		if answer.Message != "" {
			difference += "\n    our words:      " + answer.Message
		}
		if c.Expect.Message != "" {
			difference += "\n    recorded words: " + c.Expect.Message
		}
		return difference
	}
	if !answer.Allowed {
		return ""
	}
	posted := c.posted()
	object, err := apply(posted, answer.Patch)
	if err != nil {
		return fmt.Sprintf("our patch does not apply: %v\n    %s", err, answer.Patch)
	}
	if c.Expect.PatchApplies != nil && !*c.Expect.PatchApplies {
		return ""
	}
	expected := c.Expect.Object
	if isNull(expected) {
		expected = posted
	}
	difference := c.compare(expected, object)
	for _, alternative := range c.Expect.Alternatives {
		if c.compare(alternative, object) == "" {
			return ""
		}
	}
	return difference
}

func verdict(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "refused"
}

// posted is the object of the request; nil when it has none.
func (c *Case) posted() json.RawMessage {
	var review struct {
		Request struct {
			Object json.RawMessage `json:"object"`
		} `json:"request"`
	}
	body := bytes.TrimPrefix(c.Body(), []byte("\xef\xbb\xbf"))
	if json.Unmarshal(body, &review) != nil || isNull(review.Request.Object) {
		return nil
	}
	return review.Request.Object
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// compare shows the difference between two objects, apart from what is not compared.
func (c *Case) compare(expected, object json.RawMessage) string {
	want, err := decode(expected)
	if err != nil {
		return "the recorded object: " + err.Error()
	}
	got, err := decode(object)
	if err != nil {
		return "our object: " + err.Error()
	}
	maskTimes(want)
	maskTimes(got)
	for _, pointer := range c.Expect.Noise {
		tokens := tokensOf(pointer)
		want, got = without(want, tokens), without(got, tokens)
	}
	if difference := differences(want, mask(want, got)); difference != "" {
		return "another object (- recorded, + ours):\n" + difference
	}
	return ""
}

// apply applies a patch strictly, as the API server does.
func apply(object, operations json.RawMessage) (json.RawMessage, error) {
	if len(operations) == 0 {
		return object, nil
	}
	patch, err := jsonpatch.DecodePatch(operations)
	if err != nil {
		return nil, err
	}
	return patch.Apply(object)
}

// decode keeps numbers as they are written.
func decode(raw json.RawMessage) (any, error) {
	if isNull(raw) {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return value, nil
}

var updateTimestamp = regexp.MustCompile(`"updateTimestamp":(null|"[^"]*")`)

// maskTimes masks the times inside the annotations of an object.
func maskTimes(object any) {
	o, _ := object.(map[string]any)
	metadata, _ := o["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	for key, value := range annotations {
		if text, ok := value.(string); ok {
			annotations[key] = updateTimestamp.ReplaceAllString(text, `"updateTimestamp":"*"`)
		}
	}
}

// A JSON pointer writes ~ as ~0 and / as ~1.
var (
	escape   = strings.NewReplacer("~", "~0", "/", "~1")
	unescape = strings.NewReplacer("~1", "/", "~0", "~")
)

// tokensOf are the reference tokens of a JSON pointer.
func tokensOf(pointer string) []string {
	tokens := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i := range tokens {
		tokens[i] = unescape.Replace(tokens[i])
	}
	return tokens
}

// without removes what a pointer names. An element of a list leaves a null behind, so that later pointers still mean what
// they meant.
func without(value any, tokens []string) any {
	token, rest := tokens[0], tokens[1:]
	switch value := value.(type) {
	case map[string]any:
		child, ok := value[token]
		if !ok {
			return value
		}
		value = maps.Clone(value)
		if len(rest) == 0 {
			delete(value, token)
		} else {
			value[token] = without(child, rest)
		}
		return value
	case []any:
		i, err := strconv.Atoi(token)
		if err != nil || i < 0 || i >= len(value) {
			return value
		}
		value = slices.Clone(value)
		if len(rest) == 0 {
			value[i] = nil
		} else {
			value[i] = without(value[i], rest)
		}
		return value
	}
	return value
}

// mask puts "*" into got where want has it: any value is right there.
func mask(want, got any) any {
	switch want := want.(type) {
	case string:
		if want == "*" && got != nil {
			return "*"
		}
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			masked := maps.Clone(got)
			for key, value := range got {
				if expected, ok := want[key]; ok {
					masked[key] = mask(expected, value)
				}
			}
			return masked
		}
	case []any:
		if got, ok := got.([]any); ok && len(got) == len(want) {
			masked := slices.Clone(got)
			for i := range got {
				masked[i] = mask(want[i], got[i])
			}
			return masked
		}
	}
	return got
}
