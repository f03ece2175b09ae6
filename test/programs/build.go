package programs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// helmVersion is the version of helm.sh/helm/v3.
const helmVersion = "v3.22.0"

// kubernetesMinor is the Kubernetes version for which `helm template` renders: that of the control plane.
const kubernetesMinor = "36"

// Helm returns the path of helm.
var Helm = sync.OnceValues(func() (string, error) {
	const setting = "-X helm.sh/helm/v3/pkg/chartutil.k8sVersion"
	return cached("helm-"+helmVersion+"-"+runtime.Version(), "helm "+helmVersion, func(into string) *exec.Cmd {
		install := exec.Command("go", "install", "-ldflags", fmt.Sprintf("-s -w %sMajor=1 %sMinor=%s", setting, setting, kubernetesMinor),
			"helm.sh/helm/v3/cmd/helm@"+helmVersion)
		install.Env = append(os.Environ(), "GOBIN="+into, "CGO_ENABLED=0", "GOFLAGS=")
		return install
	})
})

// Kubectl returns the path of kubectl, of the version of the control plane.
var Kubectl = sync.OnceValues(func() (string, error) {
	return Module(filepath.Join(installation.Root(), "test", "programs", "kubectl"))
})

// Module returns the path of the program in a folder that is a module of its own: main.go, go.mod and go.sum.
func Module(folder string) (string, error) {
	recipe := sha256.New()
	for _, name := range []string{"main.go", "go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return "", err
		}
		_, _ = recipe.Write(content)
	}
	name := filepath.Base(folder)
	return cached(name+"-"+hex.EncodeToString(recipe.Sum(nil))[:16], name, func(into string) *exec.Cmd {
		build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", filepath.Join(into, name), ".")
		build.Dir = folder
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		return build
	})
}

// cached returns the program of that key. If the cache does not have it, the command puts it, as the only file, into an empty folder.
func cached(key, name string, command func(into string) *exec.Cmd) (string, error) {
	cache := filepath.Join(installation.Root(), "test", ".cache")
	path := filepath.Join(cache, key)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	began := time.Now()
	fmt.Fprintf(os.Stderr, "building %s; with an empty Go build cache this takes some minutes on two cores\n", name)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(cache, "build-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if output, err := command(dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, output)
	}
	built, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return "", err
	}
	if len(built) != 1 {
		return "", errors.New("build " + name + ": no single file came out")
	}
	fmt.Fprintf(os.Stderr, "built %s in %s\n", name, time.Since(began).Round(time.Second))
	return path, os.Rename(built[0], path)
}
