package main

// How an audit is printed.

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kruise-admission/kruise-admission/inject/audit"
)

// auditReport is what one look found.
type auditReport struct {
	// Pods and SidecarSets count what was looked at.
	Pods        int               `json:"pods"`
	SidecarSets int               `json:"sidecarSets"`
	Findings    []audit.Finding   `json:"findings"`
	Protected   []protectedObject `json:"protected"`
	// Unknown says what could not be looked at, and why.
	Unknown []string `json:"unknown,omitempty"`
}

// counts are the problems and the notes.
func (r *auditReport) counts() (problems, notes int) {
	for _, f := range r.Findings {
		if f.Kind.IsNote() {
			notes++
		} else {
			problems++
		}
	}
	for _, p := range r.Protected {
		if !p.Protects {
			problems++
		}
	}
	return problems, notes
}

// verdict is the error that makes the exit code. What was found was found, also when not everything could be looked at.
func (r *auditReport) verdict() error {
	problems, _ := r.counts()
	switch {
	case problems > 0:
		return refusedError{errors.New(count(problems, "finding", "findings"))}
	case len(r.Unknown) > 0:
		return unableError{fmt.Errorf("not everything could be looked at: %s", strings.Join(r.Unknown, "; "))}
	}
	return nil
}

func (r *auditReport) print(out io.Writer, format string) error {
	if format == "json" {
		return printJSON(out, r)
	}
	_, err := io.WriteString(out, r.text())
	return err
}

func (r *auditReport) text() string {
	var b strings.Builder
	if lines := r.lines(); len(lines) > 0 {
		table(&b, "FINDING\tSIDECARSET\tABOUT\tDETAIL", len(lines), func(i int) string { return lines[i].text })
		b.WriteByte('\n')
	}
	if len(r.Protected) > 0 {
		table(&b, "PROTECTED\tLABEL", len(r.Protected), func(i int) string { return r.Protected[i].String() + "\t" + orDash(r.Protected[i].Label) })
		b.WriteByte('\n')
	}
	for _, unknown := range r.Unknown {
		fmt.Fprintf(&b, "Cannot tell: %s\n", unknown)
	}
	problems, notes := r.counts()
	fmt.Fprintf(&b, "%s, %s; looked at %s and %s\n", count(problems, "finding", "findings"), count(notes, "note", "notes"),
		count(r.Pods, "pod", "pods"), count(r.SidecarSets, "SidecarSet", "SidecarSets"))
	return b.String()
}

// auditLine is a line of the table. Two looks have found the same when the keys are the same.
type auditLine struct{ key, text string }

func (r *auditReport) lines() (lines []auditLine) {
	for _, f := range r.Findings {
		about := "-"
		if f.Pod != "" {
			about = "Pod " + f.Namespace + "/" + f.Pod
		}
		lines = append(lines, auditLine{
			key:  fmt.Sprint(f.Kind, f.SidecarSet, f.Namespace, f.Pod, f.UID),
			text: fmt.Sprintf("%s\t%s\t%s\t%s", f.Kind, f.SidecarSet, about, oneLine(f.Detail)),
		})
	}
	for _, p := range r.Protected {
		if !p.Protects {
			lines = append(lines, auditLine{
				key:  p.String() + p.Label,
				text: fmt.Sprintf("label\t-\t%s\tits label has the value %q, which protects nothing: use Always or Cascading", p, p.Label),
			})
		}
	}
	return lines
}

// printChanges prints what is gone since r, and what has come.
func (r *auditReport) printChanges(out io.Writer, next *auditReport) error {
	for _, side := range []struct {
		mark          string
		lines, others []auditLine
	}{{"-", r.lines(), next.lines()}, {"+", next.lines(), r.lines()}} {
		for _, line := range side.lines {
			if slices.ContainsFunc(side.others, func(other auditLine) bool { return other.key == line.key }) {
				continue
			}
			if _, err := fmt.Fprintln(out, side.mark, strings.ReplaceAll(line.text, "\t", "  ")); err != nil {
				return err
			}
		}
	}
	return nil
}
