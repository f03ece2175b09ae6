// Command controlplane is etcd, kube-apiserver and kube-controller-manager in one binary; its first argument says which
// of them to be, and the rest are that program's own flags. One binary, because most of what the three link is the
// same, and linking is what an incremental build waits for.
//
// Its standard input is a lifeline: the program ends at once when it is closed, so that no process outlives the test
// that started it. Package controlplane starts it; for a run by hand, keep standard input open.
package main

import (
	"fmt"
	"io"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	program := ""
	if len(os.Args) > 1 {
		program = os.Args[1]
		os.Args = os.Args[1:]
	}
	go endWithLifeline()
	switch program {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	default:
		fmt.Fprintf(os.Stderr, "unknown program %q: say etcd, kube-apiserver or kube-controller-manager\n", program)
		os.Exit(2)
	}
}

// endWithLifeline ends the process without any shutdown: nobody is left to read the data.
func endWithLifeline() {
	_, _ = io.Copy(io.Discard, os.Stdin) // an error is the end of the lifeline, too
	fmt.Fprintln(os.Stderr, "standard input is closed, so the starter is gone: ending")
	os.Exit(1)
}
