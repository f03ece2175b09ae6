package main

// What the server has been told: its images and its flags, as its Deployment says them.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// serverContainers are those of the Deployments of the server.
func (d *doctor) serverContainers(ctx context.Context) ([]corev1.Container, error) {
	list, err := d.client.AppsV1().Deployments(d.serverNamespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + program})
	if err != nil {
		return nil, err
	}
	var containers []corev1.Container
	for i := range list.Items {
		containers = append(containers, list.Items[i].Spec.Template.Spec.Containers...)
	}
	if len(containers) == 0 {
		return nil, fmt.Errorf("there is no Deployment of it in namespace %s", d.serverNamespace)
	}
	return containers, nil
}

// serverOptions are what the flags of the server say. With an error, which says why they are not known, they are the defaults.
func (d *doctor) serverOptions(ctx context.Context) (*serveOptions, error) {
	containers, err := d.serverContainers(ctx)
	if err != nil {
		return defaultServeOptions(), err
	}
	for i := range containers {
		words := slices.Concat(containers[i].Command, containers[i].Args)
		if at := slices.Index(words, "serve"); at >= 0 {
			return parseServeFlags(words[at+1:])
		}
	}
	return defaultServeOptions(), errors.New("no container of its Deployment has the argument serve")
}

func defaultServeOptions() *serveOptions {
	options, _ := parseServeFlags(nil) // nothing has no mistakes
	return options
}

// parseServeFlags reads the flags that this program knows: the server may be of another version.
func parseServeFlags(args []string) (*serveOptions, error) {
	options := &serveOptions{}
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	options.addFlags(flags)
	if err := flags.Parse(args); err != nil {
		return defaultServeOptions(), err
	}
	return options, nil
}
