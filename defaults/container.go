package defaults

// Defaults that every kind writes into a container.

// container fills in what regular, init and ephemeral containers have in common. Startup probes are not among it,
// because a SidecarSet's are not defaulted.
func container(c *object) {
	for _, port := range c.objects("ports") {
		port.fill("protocol", "TCP")
	}
	for _, variable := range c.objects("env") {
		fieldRef(variable.object("valueFrom"))
	}
	containerResources(c)
	probe(c, "livenessProbe")
	probe(c, "readinessProbe")
	hooks(c)
}

// terminationMessage says where a container leaves its last words.
func terminationMessage(c *object) {
	c.fill("terminationMessagePath", "/dev/termination-log")
	c.fill("terminationMessagePolicy", "File")
}

// fieldRef fills in a reference to a field of the pod when its holder has one.
func fieldRef(holder *object) {
	if holder.has("fieldRef") {
		holder.object("fieldRef").fill("apiVersion", "v1")
	}
}
