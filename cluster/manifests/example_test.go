package manifests_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/kruise-admission/kruise-admission/cluster/manifests"
	"github.com/kruise-admission/kruise-admission/inject"
)

// An engine that knows the SidecarSets of a folder. Package cluster/live reads those of a cluster in the same way, and follows their changes.
func Example() {
	folder, err := os.MkdirTemp("", "sidecarsets")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	const agent = `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: web}}
  containers: [{name: agent, image: "agent:1"}]
`
	if err := os.WriteFile(filepath.Join(folder, "agent.yaml"), []byte(agent), 0o600); err != nil {
		panic(err)
	}

	view := manifests.New(manifests.Options{Paths: []string{folder}})
	engine, err := inject.New(inject.Options{View: view, Clock: time.Now})
	if err != nil {
		panic(err)
	}
	filled := make(chan struct{}, 1)
	view.OnChange(func(names []string) {
		engine.Changed(names)
		select {
		case filled <- struct{}{}:
		default: // a later change
		}
	})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		if err := view.Run(ctx); err != nil {
			panic(err)
		}
	}()
	<-filled

	reasons, err := engine.Explain(ctx, "shop", []byte(`{"metadata":{"labels":{"app":"web"}}}`))
	if err != nil {
		panic(err)
	}
	fmt.Println(reasons[0])
	// Output:
	// agent: matched
}
