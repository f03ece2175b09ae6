// Command sarif holds a SARIF log on standard input against the JSON schema of OASIS for SARIF 2.1.0, which go-sarif carries. It says what is wrong
// on standard error. It is a module of its own because nothing else needs what it requires.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

func main() {
	if err := validate(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func validate(log io.Reader) error {
	text, err := io.ReadAll(log)
	if err != nil {
		return err
	}
	// The schema allows no other members, and what go-sarif has read would not have them any more.
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sarif.Report{}); err != nil {
		return fmt.Errorf("not a SARIF log: %w", err)
	}
	report, err := sarif.FromBytes(text)
	if err != nil {
		return fmt.Errorf("not a SARIF log: %w", err)
	}
	for _, run := range report.Runs {
		writeDefaults(run)
	}
	return report.Validate()
}

// writeDefaults gives members that the log does not have the defaults of the schema, because go-sarif writes them, too, and empty.
func writeDefaults(run *sarif.Run) {
	const language = "en-US"
	run.Language = cmp.Or(run.Language, language)
	run.Tool.Driver.Language = cmp.Or(run.Tool.Driver.Language, language)
	if len(run.NewlineSequences) == 0 {
		run.NewlineSequences = []string{"\r\n", "\n"}
	}
}
