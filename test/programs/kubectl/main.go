// Command kubectl is kubectl itself, from k8s.io/kubectl. It is a module of its own because k8s.io/kubernetes, whose command of that name
// is the same, cannot be installed by itself.
package main

import (
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
