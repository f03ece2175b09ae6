package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestTranscripts runs the command lines of testdata/transcripts. Each file says what it shows, holds the files of a folder, and a
// transcript: lines that begin with "$ " are run in that folder, and what follows is what comes out, messages marked by "! ", and the exit code
// unless it is 0. "< FILE" at the end of a line gives the input. -update rewrites the transcripts; read the difference.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			path, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			t.Chdir(dir)
			t.Setenv("HOME", dir)
			t.Setenv("KUBECONFIG", "")
			t.Setenv("KUBERNETES_SERVICE_HOST", "")
			last := len(archive.Files) - 1
			for _, f := range archive.Files[:last] {
				if err := os.MkdirAll(filepath.Dir(f.Name), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			transcript := &archive.Files[last]
			if transcript.Name != "transcript" {
				t.Fatalf("the last part is %q, want transcript", transcript.Name)
			}
			var got strings.Builder
			for line := range strings.Lines(string(transcript.Data)) {
				if line, isCommand := strings.CutPrefix(line, "$ "); isCommand {
					got.WriteString("$ " + line + transcribe(t, strings.TrimSuffix(line, "\n")))
				}
			}
			if *update {
				transcript.Data = []byte(got.String())
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(transcript.Data), got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// recordTimes are the times in the records of injected pods.
var recordTimes = regexp.MustCompile(`(updateTimestamp\\*":\\*")[^"\\]*`)

// transcribe runs a command line without quotes and returns everything that comes out.
func transcribe(t *testing.T, line string) string {
	t.Helper()
	var stdin []byte
	if commandLine, file, ok := strings.Cut(line, " < "); ok {
		var err error
		if stdin, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		line = commandLine
	}
	var stdout, stderr bytes.Buffer
	args := strings.Fields(line)[1:]
	code := process{name: program, stdin: bytes.NewReader(stdin), stdout: &stdout, stderr: &stderr}.execute(t.Context(), args)
	text := recordTimes.ReplaceAllString(stdout.String(), "${1}TIME")
	for message := range strings.Lines(stderr.String()) {
		text += "! " + message
	}
	if code != 0 {
		text += fmt.Sprintf("exit code %d\n", code)
	}
	return text
}
