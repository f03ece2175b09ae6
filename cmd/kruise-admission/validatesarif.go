package main

// Verdicts on objects as SARIF 2.1.0 (OASIS), which code hosting services show beside the lines of manifests.

import (
	"cmp"
	"io"
	"net/url"
	"path/filepath"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Where SARIF is defined, and this program.
const (
	sarifVersion = "2.1.0"
	sarifSchema  = "https://json.schemastore.org/sarif-2.1.0.json"
	sarifHome    = "https://github.com/kruise-admission/kruise-admission"
)

// Rules of what is no cause of a refusal.
const (
	ruleWarning    = "Warning"
	ruleCannotTell = "CannotTell"
)

// The objects of SARIF, as far as they are used.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		// ColumnKind is in what columns are counted.
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
	}
	sarifInvocation struct {
		// ExecutionSuccessful says that every object has a verdict, whatever it is.
		ExecutionSuccessful bool `json:"executionSuccessful"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
)

// sarifDescriptions say what the rules mean.
var sarifDescriptions = map[string]string{
	string(field.ErrorTypeRequired):       "A field that is needed is missing.",
	string(field.ErrorTypeInvalid):        "A field has a value that cannot be.",
	string(field.ErrorTypeNotSupported):   "A field has a value that is not among those that are known.",
	string(field.ErrorTypeNotFound):       "A field names something that does not exist.",
	string(field.ErrorTypeDuplicate):      "A value is there twice that may be there once.",
	string(field.ErrorTypeForbidden):      "A field may not be set or changed here.",
	string(field.ErrorTypeTooLong):        "A field has a value that is too long.",
	string(field.ErrorTypeTooShort):       "A field has a value that is too short.",
	string(field.ErrorTypeTooMany):        "A field has more values than it may have.",
	string(field.ErrorTypeTooFew):         "A field has fewer values than it must have.",
	string(field.ErrorTypeTypeInvalid):    "A field has a value of another type.",
	string(metav1.StatusReasonInvalid):    "The object is invalid.",
	string(metav1.StatusReasonForbidden):  "The object is refused by policy.",
	string(metav1.StatusReasonBadRequest): "The object cannot be read.",
	ruleWarning:                           "The object is admitted with a warning.",
	ruleCannotTell:                        "Whether the object would be admitted could not be found out.",
}

func (r *validationReport) printSARIF(out io.Writer) error {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: program, Version: version, InformationURI: sarifHome, Rules: []sarifRule{}}},
		Invocations: []sarifInvocation{{ExecutionSuccessful: r.count(unknown) == 0}},
		ColumnKind:  "unicodeCodePoints",
		Results:     []sarifResult{},
	}
	for _, c := range r.Results {
		for _, cause := range c.Causes {
			run.add(c, cmp.Or(string(cause.Type), string(c.Reason)), "error", cause.Field, cause.Field+": "+cause.Message)
		}
		switch {
		case c.Verdict == unknown:
			run.add(c, ruleCannotTell, "warning", "", c.Message)
		case c.Verdict == refused && len(c.Causes) == 0:
			run.add(c, string(c.Reason), "error", "", c.Message)
		}
		for _, warning := range c.Warnings {
			run.add(c, ruleWarning, "warning", "", warning)
		}
	}
	return printJSON(out, sarifLog{Schema: sarifSchema, Version: sarifVersion, Runs: []sarifRun{run}})
}

// add adds a result, and its rule when it is the first one of it.
func (run *sarifRun) add(c *checked, rule, level, path, message string) {
	rules := &run.Tool.Driver.Rules
	index := slices.IndexFunc(*rules, func(known sarifRule) bool { return known.ID == rule })
	if index < 0 {
		index = len(*rules)
		*rules = append(*rules, sarifRule{ID: rule, ShortDescription: sarifText{cmp.Or(sarifDescriptions[rule], rule)}})
	}
	line, column := c.object.placeOf(path)
	run.Results = append(run.Results, sarifResult{
		RuleID: rule, RuleIndex: index, Level: level, Message: sarifText{c.title + ": " + message},
		Locations: []sarifLocation{{
			Physical: sarifPhysical{sarifArtifact{fileURI(c.object.document.file)}, sarifRegion{line, column}},
			Logical:  []sarifLogical{{c.title}},
		}},
	})
}

// fileURI is a file as a reference: relative as it was given, so that it is found in the repository.
func fileURI(file string) string {
	path := filepath.ToSlash(file)
	if filepath.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: path}).String()
	}
	return (&url.URL{Path: path}).String()
}
