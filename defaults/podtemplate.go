package defaults

// Defaults of the pod template of a workload (spec/validate-workload-common.md 6). They are OpenKruise's, which differ from those
// that the API server gives a pod: containers get imagePullPolicy Always whatever their tag, and enableServiceLinks, requests and
// resize policies are left alone.

// podTemplate fills in the pod spec of a template. hostPorts is the gate DefaultHostNetworkHostPortsInPodTemplates: pods
// with the node's network get their container ports as host ports.
func podTemplate(template *object, hostPorts bool) {
	spec := template.object("spec")
	spec.fill("dnsPolicy", "ClusterFirst")
	spec.fill("restartPolicy", "Always")
	spec.fillAbsent("securityContext", map[string]any{})
	spec.fillAbsent("terminationGracePeriodSeconds", 30)
	spec.fill("schedulerName", "default-scheduler")
	volumes(spec)
	quantities(spec.object("overhead"))
	hostPorts = hostPorts && !spec.isZero("hostNetwork")

	for _, c := range spec.objects("containers") {
		c.fill("imagePullPolicy", "Always")
		templateContainer(c)
		terminationMessage(c)
		hostNetworkPorts(c, hostPorts)
	}
	for _, c := range spec.objects("initContainers") {
		c.fill("imagePullPolicy", pullPolicyByTag(c.text("image")))
		templateContainer(c)
		terminationMessage(c)
		hostNetworkPorts(c, hostPorts)
	}
	for _, c := range spec.objects("ephemeralContainers") {
		templateContainer(c)
	}
}

func templateContainer(c *object) {
	container(c)
	probe(c, "startupProbe")
}

func hostNetworkPorts(c *object, wanted bool) {
	if !wanted {
		return
	}
	for _, port := range c.objects("ports") {
		if !port.isZero("containerPort") {
			port.fill("hostPort", port.members["containerPort"])
		}
	}
}
