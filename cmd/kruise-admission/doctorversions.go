package main

// Whether the versions of everything fit.

import (
	"context"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// oldestMinor is the minor version of the oldest Kubernetes that works: the first with matchConditions.
const oldestMinor = 30

func (d *doctor) checkVersions(ctx context.Context) []check {
	cluster, err := d.client.Discovery().ServerVersion()
	if err != nil {
		return []check{notTold("the version of the cluster", err)}
	}
	minor, err := strconv.Atoi(strings.TrimRight(cluster.Minor, "+"))
	if err == nil && cluster.Major == "1" && minor < oldestMinor {
		return []check{isWrong("upgrade the cluster", "Kubernetes %s is too old: matchConditions of webhooks need 1.%d", cluster.GitVersion, oldestMinor)}
	}
	return []check{isOK("Kubernetes %s, this program %s, server %s", cluster.GitVersion, version, d.serverImages(ctx))}
}

// serverImages names what the Deployments of the server run.
func (d *doctor) serverImages(ctx context.Context) string {
	list, err := d.client.AppsV1().Deployments(d.serverNamespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + program})
	if err != nil {
		return "not known: " + oneLine(err.Error())
	}
	var images []string
	for i := range list.Items {
		for _, container := range list.Items[i].Spec.Template.Spec.Containers {
			images = append(images, container.Image)
		}
	}
	if len(images) == 0 {
		return "not known: there is no Deployment of it in namespace " + d.serverNamespace
	}
	return strings.Join(images, ", ")
}
