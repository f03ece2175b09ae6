// Command demo shows the main job of kruise-admission on a real control plane: it builds and starts etcd, kube-apiserver and
// kube-controller-manager, installs deploy/, applies examples/ and shows step by step what the server says. It exits with 1 when
// a step does not come out as announced.
//
// With KEEP=1 in the environment everything is left running in the background, and the path of a kubeconfig is printed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	switch keep := os.Getenv("KEEP"); {
	case os.Getenv(keeperEnv) != "":
		err = show(ctx, leaveRunning)
	case keep != "" && keep != "0":
		err = runKeeper(ctx)
	default:
		err = show(ctx, nil)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo failed:", err)
		os.Exit(1)
	}
}

// show runs the demonstration; when all steps have come out it calls last, if there is one, before it stops everything.
func show(ctx context.Context, last func(context.Context, *controlplane.ControlPlane) error) (err error) {
	say("Building a real control plane (the first time about four minutes) and the server")
	if _, err := controlplane.BuildOnce(ctx); err != nil {
		return err
	}
	if _, err := installation.Build(ctx); err != nil {
		return err
	}
	say("Starting etcd, kube-apiserver and kube-controller-manager")
	cluster, err := controlplane.Start(ctx, controlplane.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	say("Installing deploy/ with two replicas of the server")
	starting, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	installed, err := installation.Install(starting, cluster, installation.Options{Warnings: indented{}})
	defer func() { err = errors.Join(err, installed.Stop()) }()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, installed.LogTail(process.TailLines))
	}

	d := &demo{installed: installed, client: installed.Client, kubernetes: cluster.Client()}
	started := time.Now()
	for i, step := range d.steps() {
		fmt.Printf("\n%2d. %s\n", i+1, step.title)
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("step %d (%s): %w\n%s", i+1, step.title, err, installed.LogTail(process.TailLines))
		}
	}
	fmt.Printf("\nAll steps came out as announced, in %.1f s.\n", time.Since(started).Seconds())
	if last != nil {
		return last(ctx, cluster)
	}
	return nil
}

func say(text string) { fmt.Println("== " + text) }
