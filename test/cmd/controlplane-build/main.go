// Command controlplane-build builds the control plane binary, or finds it in the cache, and prints its path. Run it
// before "go test ./...", which keeps the output of tests back until they end, to see how the build comes along.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/kruise-admission/kruise-admission/test/controlplane/binary"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	path, err := binary.Build(ctx, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(path)
}
