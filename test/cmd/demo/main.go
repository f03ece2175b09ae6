// Command demo shows the main job of kruise-admission on a real control plane: it builds and starts etcd, kube-apiserver and
// kube-controller-manager, installs deploy/, applies examples/ and shows step by step what the server says. It exits with 1 when
// a step does not come out as announced.
//
// With KEEP=1 in the environment everything is left running until Ctrl-C, and the path of a kubeconfig is printed.
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
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo failed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
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
	installed, err := installation.Install(ctx, cluster, installation.Options{})
	if installed != nil {
		defer func() { err = errors.Join(err, installed.Stop()) }()
	}
	if err != nil {
		return err
	}

	d := &demo{client: installed.Client, kubernetes: cluster.Client()}
	started := time.Now()
	for i, step := range d.steps() {
		fmt.Printf("\n%2d. %s\n", i+1, step.title)
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("step %d (%s): %w\n%s", i+1, step.title, err, installed.LogTail(process.TailLines))
		}
	}
	fmt.Printf("\nAll steps came out as announced, in %.1f s.\n", time.Since(started).Seconds())

	if os.Getenv("KEEP") == "" || os.Getenv("KEEP") == "0" {
		return nil
	}
	fmt.Printf("\nEverything is left running until Ctrl-C:\n\n  export KUBECONFIG=%s\n  kubectl get pods -A\n", cluster.Kubeconfig())
	<-ctx.Done()
	return nil
}

func say(text string) { fmt.Println("== " + text) }
