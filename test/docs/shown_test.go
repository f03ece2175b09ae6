package docs

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// knownPrograms are those by whose names a command in a sentence is known from other code.
var knownPrograms = []string{
	"bash", "cd", "cosign", "curl", "docker", "export", "gh", "git", "go", "helm", "kind", "kruise-admission", "kubectl", "ln", "make", "sha256sum",
	"source", "tar",
}

// assignments are what stands before a program.
var assignments = regexp.MustCompile(`^(?:[A-Z_]+=\S* )*`)

// shownCommand is a command that a document shows elsewhere than in a console block, in one line.
type shownCommand struct {
	line int
	text string
}

// shownCommands are those in code of sentences, and in blocks that are not of another language. A line of an indented block is a command if
// it begins with a program; so is all that a fenced block has, but comments and scripts.
func shownCommands(text string) (found []shownCommand) {
	lines := strings.Split(text, "\n")
	for _, b := range blocks(text) {
		if b.language != "" && b.language != "sh" || len(b.lines) > 0 && strings.HasPrefix(b.lines[0], "#!") || isUsage(lines, b) {
			continue
		}
		for i := 0; i < len(b.lines); i++ {
			c := shownCommand{b.line + i, b.lines[i]}
			for strings.HasSuffix(c.text, `\`) && i+1 < len(b.lines) {
				i++
				c.text = strings.TrimSuffix(c.text, `\`) + b.lines[i]
			}
			c.text, _, _ = strings.Cut(oneLine(c.text), " # ")
			if c.text != "" && !strings.HasPrefix(c.text, "#") && (b.fenced || begins(c.text)) {
				found = append(found, c)
			}
		}
	}
	for i, line := range strings.Split(prose(text), "\n") {
		for _, code := range names(inlineCode, line) {
			if begins(code) {
				found = append(found, shownCommand{i + 1, oneLine(code)})
			}
		}
	}
	return found
}

// begins tells whether a text begins with a program and has something behind it.
func begins(text string) bool {
	program, behind, _ := strings.Cut(assignments.ReplaceAllString(text, ""), " ")
	return behind != "" && slices.Contains(knownPrograms, program)
}

// isUsage tells whether a block is the usage of the command of which the heading above it has the name.
func isUsage(lines []string, b block) bool {
	for i := b.line - 2; i >= 0; i-- {
		if match := heading.FindStringSubmatch(lines[i]); match != nil {
			return len(b.lines) == 1 && lines[b.line-1] == "    "+b.lines[0] && strings.HasPrefix(b.lines[0], match[1]) && !strings.HasPrefix(lines[b.line-2], "    ")
		}
	}
	return false
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

var (
	// placeholder is a word of a command for which a user writes his own.
	placeholder = regexp.MustCompile(`\b[A-Z]{3,}\b`)
	// before and behind are what an executed line may have around a command that is shown: what ends it, ports that are free for sure, and
	// signs of the shell.
	before = `(?:^|[(;|'"&] ?)`
	behind = `(?: --(?:health|metrics)-address 127\.0\.0\.1:0)*(?:$| ?2?[);|'">&])`
)

// executes tells whether one of the lines executes a command, with any words for its placeholders.
func executes(lines []string, command string) bool {
	text := placeholder.ReplaceAllString(regexp.QuoteMeta(command), `\S+`)
	pattern := regexp.MustCompile(before + text + behind)
	return slices.ContainsFunc(lines, pattern.MatchString)
}

func TestShownCommands(t *testing.T) {
	const text = "# kubectl x\nSay `kubectl  get pods`, `make`, `a b`, `A=b` or `A=b helm test x`.\n\n    kubectl x [flags]\n\n    # this\n    kubectl x y   # or z\n    -f is a flag\n\n" +
		"```\nanything \\\n  at all\n```\n```console\n$ kubectl a b\n```\n```yaml\nkubectl: c d\n```\n```\n#!/bin/sh\nkubectl e f\n```\n"
	var got []string
	for _, c := range shownCommands(text) {
		got = append(got, c.text)
	}
	if diff := cmp.Diff([]string{"kubectl x y", "anything at all", "kubectl get pods", "A=b helm test x"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestExecutes(t *testing.T) {
	for _, tt := range []struct {
		shown, executed string
		want            bool
	}{
		{"kubectl get pods", "kubectl get pods", true},
		{"kubectl get pods", "kubectl get pods -A", false},
		{"kubectl get pods -A", "kubectl get pods", false},
		{"kubectl get pods", "kubectl get pods > pods.yaml", true},
		{"kubectl get pods", "cd web && kubectl get pods", true},
		{"kubectl get pods", "echo kubectl get pods", false},
		{"serve", "serve --metrics-address 127.0.0.1:0 2> log & kill $!", true},
		{"kubectl get POD -n NAMESPACE", "kubectl get web -n shop", true},
		{"kubectl get POD -n NAMESPACE", "kubectl get web -n shop -o yaml", false},
		{"a.b", "axb", false},
	} {
		if got := executes([]string{tt.executed}, tt.shown); got != tt.want {
			t.Errorf("%q executes %q: got %v, want %v", tt.executed, tt.shown, got, tt.want)
		}
	}
}
