package validate

// The cases of TestPodTemplate.

import "strings"

// templateRuleNames are the rules of spec/validate-workload-common.md 9.2, groups A and B, as far as they are built in.
var templateRuleNames = []string{
	"labels", "annotations", "containers", "name", "unique", "image", "restartPolicy", "init-restartPolicy", "init-running", "ephemeral",
	"volume-name", "volume-source", "mount", "mount-device", "device", "port", "hostPort", "hostNetwork", "env", "fieldRef", "resourceFieldRef",
	"envFrom", "resources", "policies", "pod-policies", "probe", "handler", "lifecycle",
	"nodeSelector", "toleration", "hostAlias", "references", "gates", "spread", "affinity",
	"hostPath", "secret", "configMap", "downwardAPI", "projected", "claim", "nfs", "csi", "emptyDir", "subPath", "propagation", "deadline", "dns",
	"ephemeral-volume", "security", "seccomp", "appArmor", "windows", "resizePolicy",
}

// templateCase is a pod template in YAML, below "spec:" unless it says otherwise, and the causes that it must have as "type field".
type templateCase struct {
	rule, name, spec string
	metadata         string
	claims           []string
	want             []string
}

// c is a container that is valid but for the members that are added.
func c(members string) string { return "containers: [{name: a, image: i, " + members + "}]" }

// i is a valid pod with an init container that is valid but for the members that are added.
func i(members string) string {
	return "containers: [{name: a, image: i}]\ninitContainers: [{name: b, image: i, " + members + "}]"
}

// v is a valid pod with one volume.
func v(volume string) string { return "containers: [{name: a, image: i}]\nvolumes: [" + volume + "]" }

// p is a valid pod with other members.
func p(members string) string { return "containers: [{name: a, image: i}]\n" + members }

const at = "spec.template.spec.containers[0]."

var templateCases = []templateCase{
	{rule: "labels", name: "valid", metadata: "labels: {a: b}", spec: p("")},
	{rule: "labels", name: "key", metadata: "labels: {x y: b}", spec: p(""), want: []string{"Invalid spec.template.metadata.labels"}},
	{rule: "annotations", name: "valid", metadata: "annotations: {Example.com/a: b}", spec: p("")},
	{rule: "annotations", name: "key", metadata: "annotations: {x y: b}", spec: p(""), want: []string{"Invalid spec.template.metadata.annotations"}},
	{rule: "containers", name: "one", spec: p("")},
	{rule: "containers", name: "none", spec: "{}", want: []string{"Required spec.template.spec.containers"}},
	{rule: "name", name: "63", spec: "containers: [{name: " + strings.Repeat("a", 63) + ", image: i}]"},
	{rule: "name", name: "none", spec: "containers: [{image: i}]", want: []string{"Required " + at + "name"}},
	{rule: "name", name: "64", spec: "containers: [{name: " + strings.Repeat("a", 64) + ", image: i}]", want: []string{"Invalid " + at + "name"}},
	{rule: "name", name: "upper case", spec: "containers: [{name: App, image: i}]", want: []string{"Invalid " + at + "name"}},
	{rule: "unique", name: "different", spec: i("")},
	{rule: "unique", name: "containers", spec: "containers: [{name: a, image: i}, {name: a, image: i}]", want: []string{"Duplicate spec.template.spec.containers[1].name"}},
	{rule: "unique", name: "init like regular", spec: "containers: [{name: a, image: i}]\ninitContainers: [{name: a, image: i}]", want: []string{"Duplicate spec.template.spec.initContainers[0].name"}},
	{rule: "unique", name: "init like init", spec: "containers: [{name: a, image: i}]\ninitContainers: [{name: b, image: i}, {name: b, image: i}]", want: []string{"Duplicate spec.template.spec.initContainers[1].name"}},
	{rule: "image", name: "blanks are tolerated in a template", spec: "containers: [{name: a, image: ' i '}]"},
	{rule: "image", name: "none", spec: "containers: [{name: a}]", want: []string{"Required " + at + "image"}},
	{rule: "restartPolicy", name: "since 1.34", spec: c("restartPolicy: Never")},
	{rule: "restartPolicy", name: "unknown", spec: c("restartPolicy: Sometimes"), want: []string{"NotSupported " + at + "restartPolicy"}},
	{rule: "init-restartPolicy", name: "Always", spec: i("restartPolicy: Always, readinessProbe: {exec: {command: [x]}}, lifecycle: {preStop: {exec: {command: [x]}}}")},
	{rule: "init-restartPolicy", name: "unknown", spec: i("restartPolicy: Sometimes"), want: []string{"NotSupported spec.template.spec.initContainers[0].restartPolicy"}},
	{rule: "init-running", name: "nothing", spec: i("")},
	{rule: "init-running", name: "everything", spec: i("livenessProbe: {exec: {command: [x]}}, readinessProbe: {exec: {command: [x]}}, startupProbe: {exec: {command: [x]}}, lifecycle: {}"), want: []string{
		"Forbidden spec.template.spec.initContainers[0].lifecycle", "Forbidden spec.template.spec.initContainers[0].livenessProbe",
		"Forbidden spec.template.spec.initContainers[0].readinessProbe", "Forbidden spec.template.spec.initContainers[0].startupProbe"}},
	{rule: "ephemeral", name: "none", spec: p("ephemeralContainers: []")},
	{rule: "ephemeral", name: "one", spec: p("ephemeralContainers: [{name: e, image: i}]"), want: []string{"Forbidden spec.template.spec.ephemeralContainers"}},

	{rule: "volume-name", name: "valid", spec: v("{name: x, emptyDir: {}}")},
	{rule: "volume-name", name: "none", spec: v("{emptyDir: {}}"), want: []string{"Required spec.template.spec.volumes[0].name"}},
	{rule: "volume-name", name: "underscore", spec: v("{name: x_1, emptyDir: {}}"), want: []string{"Invalid spec.template.spec.volumes[0].name"}},
	{rule: "volume-name", name: "twice", spec: v("{name: x, emptyDir: {}}, {name: x, emptyDir: {}}"), want: []string{"Duplicate spec.template.spec.volumes[1].name"}},
	{rule: "volume-source", name: "none becomes emptyDir", spec: v("{name: x}")},
	{rule: "volume-source", name: "two", spec: v("{name: x, emptyDir: {}, secret: {secretName: s}}"), want: []string{"Forbidden spec.template.spec.volumes[0].secret"}},
	{rule: "mount", name: "volume", spec: c("volumeMounts: [{name: x, mountPath: /x}]") + "\nvolumes: [{name: x}]"},
	{rule: "mount", name: "claim template", spec: c("volumeMounts: [{name: rbd, mountPath: /x}]"), claims: []string{"rbd"}},
	{rule: "mount", name: "unknown volume", spec: c("volumeMounts: [{name: x, mountPath: /x}]"), want: []string{"NotFound " + at + "volumeMounts[0].name"}},
	{rule: "mount", name: "a broken volume is none", spec: c("volumeMounts: [{name: x, mountPath: /x}]") + "\nvolumes: [{name: x, hostPath: {path: ''}}]", want: []string{"Required spec.template.spec.volumes[0].hostPath.path", "NotFound " + at + "volumeMounts[0].name"}},
	{rule: "mount", name: "no name, no path", spec: c("volumeMounts: [{}]"), want: []string{"Required " + at + "volumeMounts[0].name", "Required " + at + "volumeMounts[0].mountPath"}},
	{rule: "mount", name: "same path", spec: c("volumeMounts: [{name: x, mountPath: /x}, {name: x, mountPath: /x}]") + "\nvolumes: [{name: x}]", want: []string{"Invalid " + at + "volumeMounts[1].mountPath"}},
	{rule: "mount-device", name: "different", spec: c("volumeMounts: [{name: x, mountPath: /x}], volumeDevices: [{name: dev, devicePath: /y}]") + "\nvolumes: [{name: x}, {name: dev, persistentVolumeClaim: {claimName: dev}}]"},
	{rule: "mount-device", name: "same name", spec: c("volumeMounts: [{name: dev, mountPath: /x}], volumeDevices: [{name: dev, devicePath: /y}]"), claims: []string{"dev"}, want: []string{"Invalid " + at + "volumeMounts[0].name", "Invalid " + at + "volumeDevices[0].name"}},
	{rule: "mount-device", name: "same path", spec: c("volumeMounts: [{name: x, mountPath: /x}], volumeDevices: [{name: dev, devicePath: /x}]") + "\nvolumes: [{name: x}]", claims: []string{"dev"}, want: []string{"Invalid " + at + "volumeMounts[0].mountPath", "Invalid " + at + "volumeDevices[0].devicePath"}},
	{rule: "device", name: "claim template", spec: c("volumeDevices: [{name: dev, devicePath: /y}]"), claims: []string{"dev"}},
	{rule: "device", name: "ephemeral", spec: c("volumeDevices: [{name: dev, devicePath: /y}]") + "\nvolumes: [{name: dev, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]"},
	{rule: "device", name: "no name, no path", spec: c("volumeDevices: [{}]"), want: []string{"Required " + at + "volumeDevices[0].name", "Required " + at + "volumeDevices[0].devicePath"}},
	{rule: "device", name: "no block device", spec: c("volumeDevices: [{name: x, devicePath: /y}]") + "\nvolumes: [{name: x}]", want: []string{"Invalid " + at + "volumeDevices[0].name"}},
	{rule: "device", name: "unknown, backstep", spec: c("volumeDevices: [{name: x, devicePath: /../y}]"), want: []string{"NotFound " + at + "volumeDevices[0].name", "Invalid " + at + "volumeDevices[0].devicePath"}},
	{rule: "device", name: "twice", spec: c("volumeDevices: [{name: dev, devicePath: /y}, {name: dev, devicePath: /y}]"), claims: []string{"dev"}, want: []string{"Invalid " + at + "volumeDevices[1].name", "Invalid " + at + "volumeDevices[1].devicePath"}},

	{rule: "port", name: "valid", spec: c("ports: [{name: http, containerPort: 80}, {containerPort: 80, protocol: UDP}]")},
	{rule: "port", name: "none", spec: c("ports: [{}]"), want: []string{"Required " + at + "ports[0].containerPort"}},
	{rule: "port", name: "ranges", spec: c("ports: [{containerPort: 70000, hostPort: -1}]"), want: []string{"Invalid " + at + "ports[0].containerPort", "Invalid " + at + "ports[0].hostPort"}},
	{rule: "port", name: "name", spec: c("ports: [{name: a-very-long-port-name, containerPort: 80}]"), want: []string{"Invalid " + at + "ports[0].name"}},
	{rule: "port", name: "same name", spec: c("ports: [{name: http, containerPort: 80}, {name: http, containerPort: 81}]"), want: []string{"Duplicate " + at + "ports[1].name"}},
	{rule: "port", name: "protocol", spec: c("ports: [{containerPort: 80, protocol: ICMP}]"), want: []string{"NotSupported " + at + "ports[0].protocol"}},
	{rule: "hostPort", name: "different addresses and protocols", spec: c("ports: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 80, protocol: UDP}, {containerPort: 3, hostPort: 80, hostIP: 10.0.0.1}]")},
	{rule: "hostPort", name: "in one container", spec: c("ports: [{containerPort: 1, hostPort: 80, protocol: TCP}, {containerPort: 2, hostPort: 80}]"), want: []string{"Duplicate " + at + "ports[1].hostPort"}},
	{rule: "hostPort", name: "in two containers", spec: "containers: [{name: a, image: i, ports: [{containerPort: 1, hostPort: 80}]}, {name: b, image: i, ports: [{containerPort: 1, hostPort: 80}]}]", want: []string{"Duplicate spec.template.spec.containers[1].ports[0].hostPort"}},
	{rule: "hostPort", name: "init containers run one by one", spec: p("initContainers: [{name: b, image: i, ports: [{containerPort: 1, hostPort: 80}]}, {name: c, image: i, ports: [{containerPort: 1, hostPort: 80}]}]")},
	{rule: "hostPort", name: "in one init container", spec: i("ports: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 80}]"), want: []string{"Duplicate spec.template.spec.initContainers[0].ports[1].hostPort"}},
	{rule: "hostNetwork", name: "absent or equal", spec: c("ports: [{containerPort: 1}, {containerPort: 80, hostPort: 80}]") + "\nhostNetwork: true"},
	{rule: "hostNetwork", name: "mapped", spec: c("ports: [{containerPort: 1, hostPort: 80}]") + "\nhostNetwork: true", want: []string{"Invalid " + at + "ports[0].hostPort"}},

	{rule: "env", name: "valid", spec: c("env: [{name: A, value: b}, {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: 1 relaxed name}]")},
	{rule: "env", name: "no name", spec: c("env: [{value: b}]"), want: []string{"Required " + at + "env[0].name"}},
	{rule: "env", name: "equals sign", spec: c("env: [{name: A=}]"), want: []string{"Invalid " + at + "env[0].name"}},
	{rule: "env", name: "value and source", spec: c("env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]"), want: []string{"Invalid " + at + "env[0].valueFrom"}},
	{rule: "env", name: "two sources", spec: c("env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}, configMapKeyRef: {name: c, key: k}}}]"), want: []string{"Invalid " + at + "env[0].valueFrom"}},
	{rule: "env", name: "key", spec: c("env: [{name: A, valueFrom: {configMapKeyRef: {name: C, key: k/l}}}, {name: B, valueFrom: {secretKeyRef: {name: s}}}]"), want: []string{
		"Invalid " + at + "env[0].valueFrom.configMapKeyRef.name", "Invalid " + at + "env[0].valueFrom.configMapKeyRef.key", "Required " + at + "env[1].valueFrom.secretKeyRef.key"}},
	{rule: "fieldRef", name: "valid", spec: c("env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}, {name: B, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: \"metadata.annotations['A/b']\"}}}]")},
	{rule: "fieldRef", name: "version", spec: c("env: [{name: A, valueFrom: {fieldRef: {apiVersion: v2, fieldPath: metadata.name}}}]"), want: []string{"Invalid " + at + "env[0].valueFrom.fieldRef.apiVersion"}},
	{rule: "fieldRef", name: "none", spec: c("env: [{name: A, valueFrom: {fieldRef: {}}}]"), want: []string{"Required " + at + "env[0].valueFrom.fieldRef.fieldPath"}},
	{rule: "fieldRef", name: "unknown", spec: c("env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.replicas}}}]"), want: []string{"NotSupported " + at + "env[0].valueFrom.fieldRef.fieldPath"}},
	{rule: "fieldRef", name: "subscript", spec: c("env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.name['a']\"}}}, {name: B, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['a b']\"}}}]"), want: []string{
		"Invalid " + at + "env[0].valueFrom.fieldRef.fieldPath", "Invalid " + at + "env[1].valueFrom.fieldRef.fieldPath"}},
	{rule: "resourceFieldRef", name: "valid", spec: c("env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}, {name: B, valueFrom: {resourceFieldRef: {resource: requests.hugepages-2Mi}}}]")},
	{rule: "resourceFieldRef", name: "none, unknown", spec: c("env: [{name: A, valueFrom: {resourceFieldRef: {}}}, {name: B, valueFrom: {resourceFieldRef: {resource: limits.gpu}}}]"), want: []string{
		"Required " + at + "env[0].valueFrom.resourceFieldRef.resource", "NotSupported " + at + "env[1].valueFrom.resourceFieldRef.resource"}},
	{rule: "envFrom", name: "valid", spec: c("envFrom: [{prefix: A_, configMapRef: {name: c}}, {secretRef: {name: s}}]")},
	{rule: "envFrom", name: "none", spec: c("envFrom: [{}]"), want: []string{"Invalid " + at + "envFrom[0]"}},
	{rule: "envFrom", name: "both, without names", spec: c("envFrom: [{configMapRef: {}, secretRef: {}}]"), want: []string{
		"Required " + at + "envFrom[0].configMapRef.name", "Required " + at + "envFrom[0].secretRef.name", "Invalid " + at + "envFrom[0]"}},
	{rule: "envFrom", name: "name", spec: c("envFrom: [{configMapRef: {name: C_1}}]"), want: []string{"Invalid " + at + "envFrom[0].configMapRef.name"}},
	{rule: "envFrom", name: "prefix", spec: c("envFrom: [{prefix: A=, configMapRef: {name: c}}]"), want: []string{"Invalid " + at + "envFrom[0].prefix"}},

	{rule: "resources", name: "valid", spec: c("resources: {limits: {cpu: 1, memory: 1Gi, hugepages-2Mi: 4Mi, example.com/gpu: 2}, requests: {cpu: 500m, hugepages-2Mi: 4Mi, example.com/gpu: 2}}")},
	{rule: "resources", name: "name", spec: c("resources: {requests: {coffee: 1, a b: 1}}"), want: []string{"Invalid " + at + "resources.requests[a b]", "Invalid " + at + "resources.requests[coffee]"}},
	{rule: "resources", name: "negative", spec: c("resources: {limits: {cpu: -1}}"), want: []string{"Invalid " + at + "resources.limits[cpu]"}},
	{rule: "resources", name: "more than the limit", spec: c("resources: {limits: {cpu: 1}, requests: {cpu: 2}}"), want: []string{"Invalid " + at + "resources.requests"}},
	{rule: "resources", name: "extended", spec: c("resources: {limits: {example.com/gpu: 2}, requests: {example.com/gpu: 1}}"), want: []string{"Invalid " + at + "resources.requests"}},
	{rule: "resources", name: "extended without limit", spec: c("resources: {requests: {example.com/gpu: 1}}"), want: []string{"Required " + at + "resources.limits"}},
	{rule: "resources", name: "part of a device", spec: c("resources: {limits: {example.com/gpu: 500m}}"), want: []string{"Invalid " + at + "resources.limits[example.com/gpu]"}},
	{rule: "resources", name: "huge pages alone", spec: c("resources: {limits: {hugepages-2Mi: 4Mi}}"), want: []string{"Forbidden " + at + "resources"}},
	{rule: "policies", name: "valid", spec: c("imagePullPolicy: Never, terminationMessagePolicy: FallbackToLogsOnError")},
	{rule: "policies", name: "unknown", spec: c("imagePullPolicy: Maybe, terminationMessagePolicy: None"), want: []string{"NotSupported " + at + "imagePullPolicy", "NotSupported " + at + "terminationMessagePolicy"}},
	{rule: "pod-policies", name: "valid", spec: p("restartPolicy: OnFailure\ndnsPolicy: Default")},
	{rule: "pod-policies", name: "unknown", spec: p("restartPolicy: Sometimes\ndnsPolicy: Cluster"), want: []string{"NotSupported spec.template.spec.dnsPolicy", "NotSupported spec.template.spec.restartPolicy"}},
	{rule: "dns", name: "None with server", spec: p("dnsPolicy: None\ndnsConfig: {nameservers: [10.0.0.1]}")},
	{rule: "dns", name: "None without config", spec: p("dnsPolicy: None"), want: []string{"Required spec.template.spec.dnsConfig"}},
	{rule: "dns", name: "None without server", spec: p("dnsPolicy: None\ndnsConfig: {}"), want: []string{"Required spec.template.spec.dnsConfig.nameservers"}},
	{rule: "dns", name: "four servers", spec: p("dnsConfig: {nameservers: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4]}"), want: []string{"Invalid spec.template.spec.dnsConfig.nameservers"}},

	{rule: "probe", name: "nothing but a handler", spec: c("livenessProbe: {httpGet: {port: 80}}, readinessProbe: {tcpSocket: {port: http}}, startupProbe: {grpc: {port: 1}}")},
	{rule: "probe", name: "negative", spec: c("readinessProbe: {exec: {command: [x]}, initialDelaySeconds: -1, timeoutSeconds: -1, periodSeconds: -1, successThreshold: -1, failureThreshold: -1}"), want: []string{
		"Invalid " + at + "readinessProbe.failureThreshold", "Invalid " + at + "readinessProbe.initialDelaySeconds", "Invalid " + at + "readinessProbe.periodSeconds",
		"Invalid " + at + "readinessProbe.successThreshold", "Invalid " + at + "readinessProbe.timeoutSeconds"}},
	{rule: "probe", name: "success threshold", spec: c("livenessProbe: {exec: {command: [x]}, successThreshold: 2}, startupProbe: {exec: {command: [x]}, successThreshold: 2}"), want: []string{
		"Invalid " + at + "livenessProbe.successThreshold", "Invalid " + at + "startupProbe.successThreshold"}},
	{rule: "probe", name: "grace period", spec: c("livenessProbe: {exec: {command: [x]}, terminationGracePeriodSeconds: 0}, readinessProbe: {exec: {command: [x]}, terminationGracePeriodSeconds: 5}"), want: []string{
		"Invalid " + at + "livenessProbe.terminationGracePeriodSeconds", "Invalid " + at + "readinessProbe.terminationGracePeriodSeconds"}},
	{rule: "handler", name: "valid", spec: c("livenessProbe: {httpGet: {port: http, path: /, scheme: HTTPS, httpHeaders: [{name: X-A, value: b}]}}")},
	{rule: "handler", name: "none", spec: c("readinessProbe: {}"), want: []string{"Required " + at + "readinessProbe"}},
	{rule: "handler", name: "two", spec: c("readinessProbe: {exec: {command: [x]}, tcpSocket: {port: 0}}"), want: []string{"Forbidden " + at + "readinessProbe.tcpSocket"}},
	{rule: "handler", name: "parts", spec: c("livenessProbe: {exec: {}}, readinessProbe: {httpGet: {port: 0, scheme: FTP, httpHeaders: [{name: a b}]}}, startupProbe: {tcpSocket: {port: 65536}}"), want: []string{
		"Invalid " + at + "readinessProbe.httpGet.httpHeaders", "Invalid " + at + "readinessProbe.httpGet.port", "Invalid " + at + "startupProbe.tcpSocket.port",
		"NotSupported " + at + "readinessProbe.httpGet.scheme", "Required " + at + "livenessProbe.exec.command"}},
	{rule: "lifecycle", name: "valid", spec: c("lifecycle: {postStart: {httpGet: {port: 80}}, preStop: {sleep: {seconds: 30}}}") + "\nterminationGracePeriodSeconds: 30"},
	{rule: "lifecycle", name: "zero seconds, since 1.32", spec: c("lifecycle: {preStop: {sleep: {seconds: 0}}}") + "\nterminationGracePeriodSeconds: 30"},
	{rule: "lifecycle", name: "longer than the pod ends", spec: c("lifecycle: {preStop: {sleep: {seconds: 31}}}") + "\nterminationGracePeriodSeconds: 30", want: []string{"Invalid " + at + "lifecycle.preStop.sleep"}},
	{rule: "lifecycle", name: "longer than the pod ends by default", spec: c("lifecycle: {preStop: {sleep: {seconds: 31}}}"), want: []string{"Invalid " + at + "lifecycle.preStop.sleep"}},
	{rule: "lifecycle", name: "no handler", spec: c("lifecycle: {preStop: {}}"), want: []string{"Required " + at + "lifecycle.preStop"}},

	{rule: "nodeSelector", name: "valid", spec: p("nodeSelector: {a: b}")},
	{rule: "nodeSelector", name: "value", spec: p("nodeSelector: {a: b c}"), want: []string{"Invalid spec.template.spec.nodeSelector"}},
	{rule: "toleration", name: "valid", spec: p("tolerations: [{operator: Exists}, {key: a, value: b, effect: NoExecute, tolerationSeconds: 3}, {key: a, operator: Lt, value: '5'}]")},
	{rule: "toleration", name: "key and operator", spec: p("tolerations: [{}, {key: a b}, {key: a, operator: Near}, {key: a, operator: Exists, value: b}]"), want: []string{
		"Invalid spec.template.spec.tolerations[0].operator", "Invalid spec.template.spec.tolerations[1].key",
		"Invalid spec.template.spec.tolerations[3].value", "NotSupported spec.template.spec.tolerations[2].operator"}},
	{rule: "toleration", name: "effect", spec: p("tolerations: [{key: a, effect: Run}, {key: a, tolerationSeconds: 3}]"), want: []string{
		"Invalid spec.template.spec.tolerations[1].effect", "NotSupported spec.template.spec.tolerations[0].effect"}},
	{rule: "hostAlias", name: "valid", spec: p("hostAliases: [{ip: 10.0.0.1, hostnames: [a.b]}]")},
	{rule: "hostAlias", name: "both wrong", spec: p("hostAliases: [{ip: x, hostnames: [a_b]}]"), want: []string{"Invalid spec.template.spec.hostAliases[0].hostnames[0]", "Invalid spec.template.spec.hostAliases[0].ip"}},
	{rule: "references", name: "valid", spec: p("hostname: a\nsubdomain: b\nserviceAccountName: c.d\nnodeName: n.o\npriorityClassName: p\nruntimeClassName: r")},
	{rule: "references", name: "wrong", spec: p("hostname: a.b\nsubdomain: A\nserviceAccountName: c_d\nnodeName: N_o\npriorityClassName: p_p\nruntimeClassName: r_r"), want: []string{
		"Invalid spec.template.spec.hostname", "Invalid spec.template.spec.nodeName", "Invalid spec.template.spec.priorityClassName",
		"Invalid spec.template.spec.runtimeClassName", "Invalid spec.template.spec.serviceAccountName", "Invalid spec.template.spec.subdomain"}},
	{rule: "gates", name: "valid", spec: p("readinessGates: [{conditionType: a/b}]\nschedulingGates: [{name: a}, {name: b}]")},
	{rule: "gates", name: "wrong", spec: p("readinessGates: [{conditionType: a b}]\nschedulingGates: [{name: a}, {name: a}, {name: a b}]"), want: []string{
		"Duplicate spec.template.spec.schedulingGates[1]", "Invalid spec.template.spec.readinessGates[0].conditionType", "Invalid spec.template.spec.schedulingGates[2]"}},
	{rule: "spread", name: "valid", spec: p("topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, minDomains: 2}, {maxSkew: 1, topologyKey: z, whenUnsatisfiable: ScheduleAnyway}]")},
	{rule: "spread", name: "wrong", spec: p("topologySpreadConstraints: [{maxSkew: 0, whenUnsatisfiable: Never, minDomains: 0}]"), want: []string{
		"Invalid spec.template.spec.topologySpreadConstraints[0].maxSkew", "Invalid spec.template.spec.topologySpreadConstraints[0].minDomains",
		"Invalid spec.template.spec.topologySpreadConstraints[0].minDomains", "NotSupported spec.template.spec.topologySpreadConstraints[0].whenUnsatisfiable",
		"Required spec.template.spec.topologySpreadConstraints[0].topologyKey"}},
	{rule: "spread", name: "twice", spec: p("topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 2, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]"), want: []string{"Duplicate spec.template.spec.topologySpreadConstraints[1]"}},
	{rule: "affinity", name: "valid", spec: p(`affinity: {
  nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{}]}, preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, preference: {}}]},
  podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a/b}]},
  podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: z}}]}}`)},
	{rule: "affinity", name: "wrong", spec: p(`affinity: {
  nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}, preferredDuringSchedulingIgnoredDuringExecution: [{weight: 101}]},
  podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a b}]},
  podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, podAffinityTerm: {}}]}}`), want: []string{
		"Invalid spec.template.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight",
		"Invalid spec.template.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey",
		"Invalid spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight",
		"Required spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
		"Required spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey"}},

	{rule: "hostPath", name: "valid", spec: v("{name: x, hostPath: {path: /a, type: Socket}}")},
	{rule: "hostPath", name: "backstep, type", spec: v("{name: x, hostPath: {path: /a/../b, type: Pipe}}"), want: []string{"Invalid spec.template.spec.volumes[0].hostPath.path", "NotSupported spec.template.spec.volumes[0].hostPath.type"}},
	{rule: "secret", name: "valid", spec: v("{name: x, secret: {secretName: s, defaultMode: 511, items: [{key: k, path: p/q}]}}")},
	{rule: "secret", name: "wrong", spec: v("{name: x, secret: {defaultMode: 512, items: [{path: /p}, {key: k, path: ..p, mode: -1}]}}"), want: []string{
		"Invalid spec.template.spec.volumes[0].secret.defaultMode", "Invalid spec.template.spec.volumes[0].secret.items[0].path", "Invalid spec.template.spec.volumes[0].secret.items[1].mode",
		"Invalid spec.template.spec.volumes[0].secret.items[1].path", "Required spec.template.spec.volumes[0].secret.items[0].key", "Required spec.template.spec.volumes[0].secret.secretName"}},
	{rule: "configMap", name: "valid", spec: v("{name: x, configMap: {name: c}}")},
	{rule: "configMap", name: "wrong", spec: v("{name: x, configMap: {defaultMode: 512, items: [{key: k}]}}"), want: []string{
		"Invalid spec.template.spec.volumes[0].configMap.defaultMode", "Required spec.template.spec.volumes[0].configMap.items[0].path", "Required spec.template.spec.volumes[0].configMap.name"}},
	{rule: "downwardAPI", name: "valid", spec: v("{name: x, downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.labels}}, {path: b, resourceFieldRef: {containerName: a, resource: limits.cpu}}]}}")},
	{rule: "downwardAPI", name: "wrong", spec: v("{name: x, downwardAPI: {items: [{}, {path: a/../b, fieldRef: {fieldPath: spec.nodeName}}, {path: c, resourceFieldRef: {resource: limits.cpu}}]}}"), want: []string{
		"Invalid spec.template.spec.volumes[0].downwardAPI.items[1].path", "NotSupported spec.template.spec.volumes[0].downwardAPI.items[1].fieldRef.fieldPath",
		"Required spec.template.spec.volumes[0].downwardAPI.items[0]", "Required spec.template.spec.volumes[0].downwardAPI.items[0].path",
		"Required spec.template.spec.volumes[0].downwardAPI.items[2].resourceFieldRef.containerName"}},
	{rule: "downwardAPI", name: "both", spec: v("{name: x, downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.name}, resourceFieldRef: {containerName: a, resource: limits.cpu}}]}}"), want: []string{"Invalid spec.template.spec.volumes[0].downwardAPI.items[0]"}},
	{rule: "projected", name: "valid", spec: v("{name: x, projected: {sources: [{secret: {name: s}}, {configMap: {name: c}}, {downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.uid}}]}}, {serviceAccountToken: {path: t}}]}}")},
	{rule: "projected", name: "wrong", spec: v("{name: x, projected: {defaultMode: 512, sources: [{secret: {}}, {configMap: {}}, {serviceAccountToken: {expirationSeconds: 599}}]}}"), want: []string{
		"Invalid spec.template.spec.volumes[0].projected.defaultMode", "Invalid spec.template.spec.volumes[0].projected.sources[2].serviceAccountToken.expirationSeconds",
		"Required spec.template.spec.volumes[0].projected.sources[0].secret.name", "Required spec.template.spec.volumes[0].projected.sources[1].configMap.name",
		"Required spec.template.spec.volumes[0].projected.sources[2].serviceAccountToken.path"}},
	{rule: "projected", name: "two sources", spec: v("{name: x, projected: {sources: [{secret: {name: s}, configMap: {name: c}}]}}"), want: []string{"Forbidden spec.template.spec.volumes[0].projected.sources[0]"}},
	{rule: "projected", name: "same file twice", spec: v("{name: x, projected: {sources: [{secret: {name: s, items: [{key: k, path: p}]}}, {configMap: {name: c, items: [{key: k, path: p}]}}, {downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.uid}}]}}]}}"), want: []string{
		"Invalid spec.template.spec.volumes[0].projected", "Invalid spec.template.spec.volumes[0].projected"}},
	{rule: "claim", name: "valid", spec: v("{name: x, persistentVolumeClaim: {claimName: c}}")},
	{rule: "claim", name: "no name", spec: v("{name: x, persistentVolumeClaim: {}}"), want: []string{"Required spec.template.spec.volumes[0].persistentVolumeClaim.claimName"}},
	{rule: "nfs", name: "valid", spec: v("{name: x, nfs: {server: s, path: /p}}")},
	{rule: "nfs", name: "wrong", spec: v("{name: x, nfs: {path: p}}"), want: []string{"Invalid spec.template.spec.volumes[0].nfs.path", "Required spec.template.spec.volumes[0].nfs.server"}},
	{rule: "csi", name: "valid", spec: v("{name: x, csi: {driver: d}}")},
	{rule: "csi", name: "no driver", spec: v("{name: x, csi: {}}"), want: []string{"Required spec.template.spec.volumes[0].csi.driver"}},
	{rule: "csi", name: "wrong driver", spec: v("{name: x, csi: {driver: d_d}}"), want: []string{"Invalid spec.template.spec.volumes[0].csi.driver"}},
	{rule: "csi", name: "long driver", spec: v("{name: x, csi: {driver: " + strings.Repeat("D", 64) + "}}"), want: []string{"Invalid spec.template.spec.volumes[0].csi.driver"}},
	{rule: "ephemeral-volume", name: "valid", spec: v("{name: x, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}")},
	{rule: "ephemeral-volume", name: "nothing", spec: v("{name: x, ephemeral: {}}"), want: []string{"Required spec.template.spec.volumes[0].ephemeral.volumeClaimTemplate"}},
	{rule: "ephemeral-volume", name: "empty", spec: v("{name: x, ephemeral: {volumeClaimTemplate: {}}}"), want: []string{
		"Required spec.template.spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes", "Required spec.template.spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]"}},
	{rule: "security", name: "valid", spec: c("securityContext: {runAsUser: 0, runAsGroup: 2147483647, allowPrivilegeEscalation: false, capabilities: {add: [NET_ADMIN]}}")},
	{rule: "security", name: "ids", spec: c("securityContext: {runAsUser: -1, runAsGroup: 2147483648}"), want: []string{"Invalid " + at + "securityContext.runAsGroup", "Invalid " + at + "securityContext.runAsUser"}},
	{rule: "security", name: "contradictions", spec: c("securityContext: {allowPrivilegeEscalation: false, privileged: true, capabilities: {add: [CAP_SYS_ADMIN]}}"), want: []string{
		"Invalid " + at + "securityContext.allowPrivilegeEscalation", "Invalid " + at + "securityContext.allowPrivilegeEscalation"}},
	{rule: "seccomp", name: "valid", spec: c("securityContext: {seccompProfile: {type: Localhost, localhostProfile: a/b}}")},
	{rule: "seccomp", name: "default", spec: c("securityContext: {seccompProfile: {type: RuntimeDefault}}")},
	{rule: "seccomp", name: "no file", spec: c("securityContext: {seccompProfile: {type: Localhost}}"), want: []string{"Required " + at + "securityContext.seccompProfile.localhostProfile"}},
	{rule: "seccomp", name: "absolute file", spec: c("securityContext: {seccompProfile: {type: Localhost, localhostProfile: /a}}"), want: []string{"Invalid " + at + "securityContext.seccompProfile.localhostProfile"}},
	{rule: "seccomp", name: "file of another type", spec: c("securityContext: {seccompProfile: {type: Unconfined, localhostProfile: a}}"), want: []string{"Invalid " + at + "securityContext.seccompProfile.localhostProfile"}},
	{rule: "seccomp", name: "type", spec: c("securityContext: {seccompProfile: {type: Mine}}"), want: []string{"NotSupported " + at + "securityContext.seccompProfile.type"}},
	{rule: "seccomp", name: "no type", spec: c("securityContext: {seccompProfile: {}}"), want: []string{"Required " + at + "securityContext.seccompProfile.type"}},
	{rule: "appArmor", name: "valid", spec: c("securityContext: {appArmorProfile: {type: Localhost, localhostProfile: k8s-nginx}}")},
	{rule: "appArmor", name: "default", spec: c("securityContext: {appArmorProfile: {type: RuntimeDefault}}")},
	{rule: "appArmor", name: "no name", spec: c("securityContext: {appArmorProfile: {type: Localhost}}"), want: []string{"Required " + at + "securityContext.appArmorProfile.localhostProfile"}},
	{rule: "appArmor", name: "empty name", spec: c("securityContext: {appArmorProfile: {type: Localhost, localhostProfile: ''}}"), want: []string{"Required " + at + "securityContext.appArmorProfile.localhostProfile"}},
	{rule: "appArmor", name: "blanks", spec: c("securityContext: {appArmorProfile: {type: Localhost, localhostProfile: ' x'}}"), want: []string{"Invalid " + at + "securityContext.appArmorProfile.localhostProfile"}},
	{rule: "appArmor", name: "name of another type", spec: c("securityContext: {appArmorProfile: {type: Unconfined, localhostProfile: x}}"), want: []string{"Invalid " + at + "securityContext.appArmorProfile.localhostProfile"}},
	{rule: "appArmor", name: "type", spec: c("securityContext: {appArmorProfile: {type: Mine}}"), want: []string{"NotSupported " + at + "securityContext.appArmorProfile.type"}},
	{rule: "windows", name: "valid", spec: c("securityContext: {windowsOptions: {gmsaCredentialSpecName: web, gmsaCredentialSpec: x, runAsUserName: ContainerUser, hostProcess: false}}")},
	{rule: "windows", name: "nothing", spec: c("securityContext: {windowsOptions: {gmsaCredentialSpecName: A_b, gmsaCredentialSpec: '', runAsUserName: ''}}"), want: []string{"Invalid " + at + "securityContext.windowsOptions.gmsaCredentialSpecName", "Invalid " + at + "securityContext.windowsOptions.gmsaCredentialSpec", "Invalid " + at + "securityContext.windowsOptions.runAsUserName"}},
	{rule: "resizePolicy", name: "valid", spec: c("resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}, {resourceName: memory, restartPolicy: RestartContainer}]")},
	{rule: "resizePolicy", name: "twice", spec: c("resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}, {resourceName: cpu, restartPolicy: NotRequired}]"), want: []string{"Duplicate " + at + "resizePolicy[1]"}},
	{rule: "resizePolicy", name: "unknown", spec: c("resizePolicy: [{resourceName: gpu, restartPolicy: Never}]"), want: []string{"NotSupported " + at + "resizePolicy[0].resourceName", "NotSupported " + at + "resizePolicy[0].restartPolicy"}},
	{rule: "emptyDir", name: "valid", spec: v("{name: x, emptyDir: {sizeLimit: 1Gi}}")},
	{rule: "emptyDir", name: "negative", spec: v("{name: x, emptyDir: {sizeLimit: -1}}"), want: []string{"Invalid spec.template.spec.volumes[0].emptyDir.sizeLimit"}},
	{rule: "subPath", name: "valid", spec: c("volumeMounts: [{name: x, mountPath: /x, subPath: a/b}, {name: x, mountPath: /y, subPathExpr: $(A)}]"), claims: []string{"x"}},
	{rule: "subPath", name: "wrong", spec: c("volumeMounts: [{name: x, mountPath: /x, subPath: /a, subPathExpr: ../b}]"), claims: []string{"x"}, want: []string{
		"Invalid " + at + "volumeMounts[0].subPath", "Invalid " + at + "volumeMounts[0].subPathExpr", "Invalid " + at + "volumeMounts[0].subPathExpr"}},
	{rule: "propagation", name: "valid", spec: c("securityContext: {privileged: true}, volumeMounts: [{name: x, mountPath: /x, mountPropagation: Bidirectional}]"), claims: []string{"x"}},
	{rule: "propagation", name: "not privileged", spec: c("volumeMounts: [{name: x, mountPath: /x, mountPropagation: Bidirectional}]"), claims: []string{"x"}, want: []string{"Forbidden " + at + "volumeMounts[0].mountPropagation"}},
	{rule: "propagation", name: "unknown", spec: c("volumeMounts: [{name: x, mountPath: /x, mountPropagation: Up}]"), claims: []string{"x"}, want: []string{"NotSupported " + at + "volumeMounts[0].mountPropagation"}},
	{rule: "deadline", name: "valid", spec: p("activeDeadlineSeconds: 1")},
	{rule: "deadline", name: "zero", spec: p("activeDeadlineSeconds: 0"), want: []string{"Invalid spec.template.spec.activeDeadlineSeconds"}},
}
