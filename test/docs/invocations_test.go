package docs

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// invocation is a command line of ours, up to what is for the shell, or a sign of the usage.
var invocation = regexp.MustCompile(`(?m)(?:^|\| )kruise-admission ([a-z][^|>#(\[\n]*)`)

// TestInvocations: command lines of ours in blocks that are not executed have a command and flags that exist. With --help nothing is done,
// but flags are read.
func TestInvocations(t *testing.T) {
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, document := range documents(t) {
		for _, b := range blocks(read(t, document)) {
			if b.language != "" && b.language != "sh" {
				continue
			}
			text := strings.ReplaceAll(strings.Join(b.lines, "\n"), "\\\n", " ")
			for _, line := range names(invocation, text) {
				found++
				args := append(strings.Fields(line), "--help")
				if output, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput(); err != nil {
					t.Errorf("%s:%d: kruise-admission %s: %s", document, b.line, line, output)
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d command lines were found", found)
	}
}
