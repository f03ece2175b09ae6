package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const hostileTypes = "testdata/hostile/types.txt"

var trailingBlanks = regexp.MustCompile(` +\n`)

// hostileValues are the columns of the table.
var hostileValues = []struct{ name, json string }{
	{"absent", ""}, {"null", "null"}, {"number", "7"}, {"true", "true"}, {"text", `"text"`}, {"list", "[7]"}, {"object", `{"x":7}`},
}

// TestHostileTypes gives every member of a review and of a pod that the server reads every type that JSON has. The rows of the table are
// the members, as paths from the review; the cells are the answers. With -update the cells are written anew: read the difference.
func TestHostileTypes(t *testing.T) {
	r := hostileServer(t)
	file, err := os.ReadFile(hostileTypes)
	if err != nil {
		t.Fatal(err)
	}
	var rewritten strings.Builder
	cells := 0
	for lines := bufio.NewScanner(strings.NewReader(string(file))); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") || strings.TrimSpace(lines.Text()) == "" {
			fmt.Fprintln(&rewritten, lines.Text())
			continue
		}
		columns := strings.Split(lines.Text(), "|")
		member := strings.TrimSpace(columns[0])
		if !*update && len(columns) != 1+len(hostileValues) {
			t.Fatalf("%s has %d cells, want %d", member, len(columns)-1, len(hostileValues))
		}
		fmt.Fprintf(&rewritten, "%-62s", member)
		for i, value := range hostileValues {
			cells++
			t.Run(member+"/"+value.name, func(t *testing.T) {
				got := r.answer(t, "/mutate-pod", hostileReview(t, func(review map[string]any) { put(t, review, member, value.json) }))
				fmt.Fprintf(&rewritten, "| %-15s", got)
				if *update {
					return
				}
				if want := strings.TrimSpace(columns[i+1]); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		}
		rewritten.WriteString("\n")
	}
	if cells < 150 {
		t.Errorf("the table has %d cells: is it the right file?", cells)
	}
	if *update {
		text := strings.TrimSpace(trailingBlanks.ReplaceAllString(rewritten.String(), "\n")) + "\n"
		if err := os.WriteFile(hostileTypes, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// put writes a JSON value at a path like request.object.spec.containers.0.name; an empty value removes the member.
func put(t *testing.T, at any, path, value string) {
	t.Helper()
	name, rest, deeper := strings.Cut(path, ".")
	var decoded any
	if !deeper && value != "" {
		if err := json.Unmarshal([]byte(value), &decoded); err != nil {
			t.Fatal(err)
		}
	}
	switch parent := at.(type) {
	case map[string]any:
		_, there := parent[name]
		switch {
		case deeper:
			put(t, parent[name], rest, value)
		case value == "":
			delete(parent, name)
		default:
			parent[name] = decoded
		}
		if !there && value == "" {
			t.Fatalf("%s is not there", path)
		}
	case []any:
		i, err := strconv.Atoi(name)
		if err != nil || i >= len(parent) {
			t.Fatalf("%s is not there", path)
		}
		if deeper {
			put(t, parent[i], rest, value)
		} else {
			parent[i] = decoded // a list has no absent elements: null
		}
	default:
		t.Fatalf("%s: %T has no members", path, at)
	}
}
