package main

// How verdicts on objects are printed: for people, for programs, for CI systems.

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Verdicts.
const (
	fine    = "fine"
	refused = "refused"
	unknown = "unknown"
)

// validationReport is the report on all objects.
type validationReport struct {
	Results []*checked `json:"results"`
	// PassedOver counts objects that are not OpenKruise's.
	PassedOver int `json:"passedOver"`
}

// checked is the report on one object.
type checked struct {
	Source string `json:"source"`
	metav1.TypeMeta
	Namespace string                `json:"namespace,omitempty"`
	Name      string                `json:"name"`
	Operation admissionv1.Operation `json:"operation"`
	// Verdict is fine, refused or unknown.
	Verdict string `json:"verdict"`
	// Code is the HTTP status that a user would see.
	Code     int32                `json:"code,omitempty"`
	Reason   metav1.StatusReason  `json:"reason,omitempty"`
	Message  string               `json:"message,omitempty"`
	Causes   []metav1.StatusCause `json:"causes,omitempty"`
	Warnings []string             `json:"warnings,omitempty"`

	title  string
	object *object
}

func (r *validationReport) add(c *checked) { r.Results = append(r.Results, c) }

func (r *validationReport) count(verdict string) (n int) {
	for _, c := range r.Results {
		if c.Verdict == verdict {
			n++
		}
	}
	return n
}

// verdict is the error that makes the exit code. One "no" is an answer, also when nobody can tell about another object.
func (r *validationReport) verdict() error {
	switch {
	case r.count(refused) > 0:
		return refusedError{errors.New(r.summary())}
	case r.count(unknown) > 0:
		return unableError{errors.New(r.summary())}
	}
	return nil
}

func (r *validationReport) summary() string {
	return fmt.Sprintf("%d refused, %d unknown, of %s", r.count(refused), r.count(unknown), count(len(r.Results), "object", "objects"))
}

func (r *validationReport) print(out io.Writer, format string) error {
	switch format {
	case "json":
		return printJSON(out, r)
	case "junit":
		return r.printJUnit(out)
	case "sarif":
		return r.printSARIF(out)
	}
	for _, c := range r.Results {
		if _, err := io.WriteString(out, c.text()); err != nil {
			return err
		}
	}
	return nil
}

func (c *checked) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %s (%s)\n", c.Verdict, c.title, c.Source)
	if len(c.Causes) == 0 && c.Message != "" {
		fmt.Fprintf(&b, "         %s\n", c.Message)
	}
	for _, cause := range c.Causes {
		fmt.Fprintf(&b, "         %s: %s\n", cause.Field, cause.Message)
	}
	for _, warning := range c.Warnings {
		fmt.Fprintf(&b, "         warning: %s\n", warning)
	}
	return b.String()
}

// The elements of a JUnit report, as far as CI systems agree on them.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

func (r *validationReport) printJUnit(out io.Writer) error {
	suite := junitSuite{Name: program + " validate", Tests: len(r.Results), Failures: r.count(refused), Errors: r.count(unknown)}
	for _, c := range r.Results {
		testCase := junitCase{Class: c.Source, Name: c.title, Output: strings.Join(c.Warnings, "\n")}
		problem := &junitProblem{Message: c.Message, Type: string(c.Reason), Text: c.text()}
		switch c.Verdict {
		case refused:
			testCase.Failure = problem
		case unknown:
			testCase.Error = problem
		}
		suite.Cases = append(suite.Cases, testCase)
	}
	text, err := xml.MarshalIndent(junitSuites{Suite: suite}, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s%s\n", xml.Header, text)
	return err
}
