package defaults

// Defaults of probes and lifecycle hooks.

// probe fills in a probe when the container has it.
func probe(container *object, member string) {
	if !container.has(member) {
		return
	}
	p := container.object(member)
	p.fill("timeoutSeconds", 1)
	p.fill("periodSeconds", 10)
	p.fill("successThreshold", 1)
	p.fill("failureThreshold", 3)
	httpGet(p)
}

// hooks fills in the hooks of a container.
func hooks(container *object) {
	lifecycle := container.object("lifecycle")
	httpGet(lifecycle.object("postStart"))
	httpGet(lifecycle.object("preStop"))
}

// httpGet fills in the request of a probe or hook when it has one.
func httpGet(handler *object) {
	if !handler.has("httpGet") {
		return
	}
	request := handler.object("httpGet")
	request.fill("path", "/")
	request.fill("scheme", "HTTP")
}
