package main

// How explanations are printed for people.

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// printExplanations prints explanations for people.
func printExplanations(out io.Writer, explanations []*explanation) error {
	for i, e := range explanations {
		if i > 0 {
			if _, err := fmt.Fprintln(out); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(out, e.text()); err != nil {
			return err
		}
	}
	return nil
}

func (e *explanation) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s/%s", e.Kind, e.Namespace, e.Name)
	if e.Source != "" {
		fmt.Fprintf(&b, " (%s)", e.Source)
	}
	b.WriteString("\n\n")
	if len(e.Webhooks) > 0 {
		table(&b, "WEBHOOK\tSENDS\tWHY", len(e.Webhooks), func(i int) string {
			w := e.Webhooks[i]
			return fmt.Sprintf("%s\t%s\t%s", orDash(strings.Trim(w.Configuration+"/"+w.Webhook, "/")), w.Sends, w.Why)
		})
		b.WriteByte('\n')
	}
	switch {
	case len(e.SidecarSets) > 0:
		table(&b, "SIDECARSET\tAPPLIES\tCLAUSE\tIN THE POD\tADDS\tDETAIL", len(e.SidecarSets), func(i int) string {
			s := e.SidecarSets[i]
			return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", s.Name, yesNo(s.Applies), s.Clause, yesNo(s.Recorded), orDash(s.Adds.String()), orDash(s.Detail))
		})
		b.WriteByte('\n')
	case e.Result != refused:
		b.WriteString("There are no SidecarSets.\n\n")
	}
	b.WriteString("Result: ")
	if !e.Asked && len(e.Webhooks) > 0 {
		b.WriteString("the server is not asked; if it were: ")
	}
	switch {
	case e.Result == refused:
		fmt.Fprintf(&b, "refused: %s\n", e.Message)
	case e.Adds.String() != "":
		fmt.Fprintf(&b, "%s: %s\n", e.Result, e.Adds)
	default:
		fmt.Fprintf(&b, "%s\n", e.Result)
	}
	if len(e.Steps) > 0 {
		fmt.Fprintf(&b, "Other steps: %s\n", strings.Join(e.Steps, ", "))
	}
	for _, warning := range e.Warnings {
		fmt.Fprintf(&b, "Warning: %s\n", warning)
	}
	return b.String()
}

// table writes rows whose cells are separated by tabs, without blanks at the ends of lines.
func table(b *strings.Builder, head string, rows int, row func(i int) string) {
	var aligned strings.Builder
	w := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, head)
	for i := range rows {
		_, _ = fmt.Fprintln(w, row(i))
	}
	_ = w.Flush() // a strings.Builder never fails
	for line := range strings.Lines(aligned.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
