package main

// Whether the versions of everything fit.

import (
	"context"
	"strconv"
	"strings"
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
	containers, err := d.serverContainers(ctx)
	if err != nil {
		return "not known: " + oneLine(err.Error())
	}
	var images []string
	for i := range containers {
		images = append(images, containers[i].Image)
	}
	return strings.Join(images, ", ")
}
