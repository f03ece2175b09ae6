package cli

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/programs"
)

// TestSARIFSchema holds what validate prints against the schema of OASIS.
func TestSARIFSchema(t *testing.T) {
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	validator, err := programs.Module(filepath.Join(installation.Root(), "test", "programs", "sarif"))
	if err != nil {
		t.Fatal(err)
	}
	conforms := func(log []byte) (string, error) {
		check := exec.CommandContext(t.Context(), validator)
		check.Stdin = bytes.NewReader(log)
		said, err := check.CombinedOutput()
		return string(said), err
	}
	const wrong = `{apiVersion: apps.kruise.io/v1beta1, kind: SidecarSet, metadata: {name: wrong}, spec: {containers: [{name: agent, podInjectPolicy: Sideways}]}}`
	const unheard = `{apiVersion: apps.kruise.io/v1beta1, kind: Unheard, metadata: {name: of}}`
	for name, manifests := range map[string]string{
		"nothing found": named(agent, "good"),
		"findings":      wrong,
		"no verdict":    unheard,
		"all of them":   strings.Join([]string{named(agent, "good"), wrong, unheard}, "\n---\n"),
	} {
		t.Run(name, func(t *testing.T) {
			validate := exec.CommandContext(t.Context(), binary, "validate", "-f", "-", "-o", "sarif")
			validate.Stdin = strings.NewReader(manifests)
			log, _ := validate.Output() // the exit code is the verdict on the manifests
			if said, err := conforms(log); err != nil {
				t.Errorf("%v: %s\n%s", err, said, log)
			}
			if broken := bytes.ReplaceAll(log, []byte(`"2.1.0"`), []byte(`"2.2.0"`)); bytes.Equal(broken, log) {
				t.Errorf("it names no version: %s", log)
			} else if _, err := conforms(broken); err == nil {
				t.Error("the schema allows another version, so that it allows everything")
			}
		})
	}
}
