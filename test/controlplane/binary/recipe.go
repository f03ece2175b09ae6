package binary

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// recipe is all that decides the content of the binary.
type recipe struct {
	module     string   // folder of the test module
	kubernetes string   // version of k8s.io/kubernetes, such as v1.36.3
	flags      []string // of "go build"
	env        []string // for "go build"
	key        string   // changes when any of the above or a source does
}

var kubernetesVersion = regexp.MustCompile(`(?m)^(?:require)?\s*k8s\.io/kubernetes (v(\d+)\.(\d+)\.\S+)`)

// newRecipe reads the sources of the program, and go.mod and go.sum for all that it imports.
func newRecipe(ctx context.Context, module string) (recipe, error) {
	sources, _ := filepath.Glob(filepath.Join(module, "cmd", "controlplane", "*.go")) // the pattern is well formed
	gomod := filepath.Join(module, "go.mod")
	sources = append(sources, gomod, filepath.Join(module, "go.sum"))
	sum := sha256.New()
	var version []string
	for _, source := range sources {
		content, err := os.ReadFile(source)
		if err != nil {
			return recipe{}, fmt.Errorf("sources of the control plane: %w", err)
		}
		if source == gomod {
			version = kubernetesVersion.FindStringSubmatch(string(content))
		}
		fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(source), len(content), content)
	}
	if version == nil {
		return recipe{}, fmt.Errorf("%s does not require k8s.io/kubernetes", gomod)
	}
	// Without a version the server says v0.0.0-master, which clients cannot parse and feature gates take for the oldest.
	const versions = "-X k8s.io/component-base/version."
	result := recipe{
		module:     module,
		kubernetes: version[1],
		flags: []string{"-buildvcs=false", "-ldflags", "-s -w " + strings.Join([]string{
			versions + "gitVersion=" + version[1], versions + "gitMajor=" + version[2], versions + "gitMinor=" + version[3],
		}, " ")},
		// No -trimpath, which would share nothing with the packages compiled for the tests.
		env: []string{"CGO_ENABLED=0"},
	}
	toolchain, err := goEnv(ctx, module, "GOVERSION", "GOOS", "GOARCH")
	if err != nil {
		return recipe{}, err
	}
	fmt.Fprintf(sum, "%q %q %q", toolchain, result.flags, result.env)
	result.key = hex.EncodeToString(sum.Sum(nil))[:16]
	return result, nil
}
