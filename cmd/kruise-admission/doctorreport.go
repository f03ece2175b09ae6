package main

// What a check says, and how it is printed.

import (
	"fmt"
	"io"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// What a check can say.
const (
	checkOK      = "ok"
	checkWrong   = "wrong"
	checkUnknown = "unknown"
)

// check is what one check says.
type check struct {
	Name string `json:"check"`
	// Status is ok, wrong or unknown.
	Status string `json:"status"`
	// Detail says what was seen; of what is wrong, the cause.
	Detail string `json:"detail"`
	// Remedy says what to do about it.
	Remedy string `json:"remedy,omitempty"`
}

func isOK(format string, args ...any) check {
	return check{Status: checkOK, Detail: fmt.Sprintf(format, args...)}
}

func isWrong(remedy, format string, args ...any) check {
	return check{Status: checkWrong, Detail: fmt.Sprintf(format, args...), Remedy: remedy}
}

// notTold says that something could not be found out.
func notTold(what string, err error) check {
	c := check{Status: checkUnknown, Detail: fmt.Sprintf("%s: %s", what, oneLine(err.Error()))}
	if apierrors.IsForbidden(err) {
		c.Remedy = "ask as somebody who has the right"
	}
	return c
}

// doctorReport is what all checks say.
type doctorReport struct {
	Checks []check `json:"checks"`
}

func (r *doctorReport) count(status string) (n int) {
	for _, c := range r.Checks {
		if c.Status == status {
			n++
		}
	}
	return n
}

func (r *doctorReport) print(out io.Writer, format string) error {
	if format == "json" {
		return printJSON(out, r)
	}
	var b strings.Builder
	table(&b, "CHECK\tSTATUS\tDETAIL", len(r.Checks), func(i int) string {
		return fmt.Sprintf("%s\t%s\t%s", r.Checks[i].Name, r.Checks[i].Status, oneLine(r.Checks[i].Detail))
	})
	for _, c := range r.Checks {
		if c.Remedy != "" {
			fmt.Fprintf(&b, "\n%s: %s\n  remedy: %s\n", c.Name, oneLine(c.Detail), c.Remedy)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
