package main

// Where objects keep the templates of their pods.

import (
	"encoding/json"
	"strings"

	kjson "sigs.k8s.io/json"
)

// template is a pod, or the pod template of a workload, inside an object.
type template struct {
	*object
	// pointer is the JSON Pointer to it in the object; empty for a pod.
	pointer string
	raw     []byte // metadata and spec of the pod
}

// templatePaths are where objects keep pod templates. What is there counts when it has containers, whatever the kind of the object
// is, so that workloads of other projects are known as well.
var templatePaths = []string{
	"template",                                         // PodTemplate
	"spec/template",                                    // Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CloneSet, BroadcastJob and most others
	"spec/jobTemplate/spec/template",                   // CronJob
	"spec/template/jobTemplate/spec/template",          // AdvancedCronJob
	"spec/template/broadcastJobTemplate/spec/template", //
	"spec/template/statefulSetTemplate/spec/template",  // UnitedDeployment
	"spec/template/advancedStatefulSetTemplate/spec/template",
	"spec/template/cloneSetTemplate/spec/template",
	"spec/template/deploymentTemplate/spec/template",
}

// templatesOf finds the pods that an object is or makes.
func templatesOf(o *object) []template {
	if o.Kind == "Pod" && o.APIVersion == "v1" {
		return []template{{object: o, raw: o.raw}}
	}
	var found []template
	for _, path := range templatePaths {
		raw := json.RawMessage(o.raw)
		for member := range strings.SplitSeq(path, "/") {
			raw = memberOf(raw, member)
		}
		var containers []json.RawMessage
		if json.Unmarshal(memberOf(memberOf(raw, "spec"), "containers"), &containers) == nil && len(containers) > 0 {
			found = append(found, template{object: o, pointer: "/" + path, raw: raw})
		}
	}
	return found
}

// memberOf gives a member of an object; nil when it is no object or has no such member.
func memberOf(raw json.RawMessage, member string) json.RawMessage {
	var members map[string]json.RawMessage
	if raw == nil || kjson.UnmarshalCaseSensitivePreserveInts(raw, &members) != nil {
		return nil
	}
	return members[member]
}
