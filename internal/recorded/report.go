package recorded

// How the difference between two objects is shown: the places that differ, and nothing around them.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// differences lists the places where two decoded objects differ, one line for each value: "-" recorded, "+" ours.
func differences(want, got any) string {
	var r reporter
	cmp.Equal(want, got, cmp.Reporter(&r))
	return strings.Join(r.lines, "\n")
}

// reporter collects lines while cmp walks through the objects.
type reporter struct {
	path  cmp.Path
	lines []string
}

// PushStep implements the interface of cmp.Reporter.
func (r *reporter) PushStep(step cmp.PathStep) { r.path = append(r.path, step) }

// PopStep implements the interface of cmp.Reporter.
func (r *reporter) PopStep() { r.path = r.path[:len(r.path)-1] }

// Report implements the interface of cmp.Reporter.
func (r *reporter) Report(result cmp.Result) {
	if result.Equal() {
		return
	}
	want, got := r.path.Last().Values()
	r.add("-", want, func(step cmp.SliceIndex) int { i, _ := step.SplitKeys(); return i })
	r.add("+", got, func(step cmp.SliceIndex) int { _, i := step.SplitKeys(); return i })
}

func (r *reporter) add(sign string, value reflect.Value, index func(cmp.SliceIndex) int) {
	if !value.IsValid() {
		return // not on this side
	}
	var place strings.Builder
	for _, step := range r.path {
		switch step := step.(type) {
		case cmp.MapIndex:
			fmt.Fprintf(&place, "/%s", escape.Replace(step.Key().String()))
		case cmp.SliceIndex:
			fmt.Fprintf(&place, "/%d", index(step))
		}
	}
	text, err := json.Marshal(value.Interface())
	if err != nil { // it was decoded from JSON
		text = []byte(err.Error())
	}
	r.lines = append(r.lines, fmt.Sprintf("    %s %s: %s", sign, place.String(), text))
}
