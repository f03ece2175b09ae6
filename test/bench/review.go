package bench

import (
	"encoding/json"
	"fmt"
)

// reviewUID identifies all reviews: nothing on the way compares two of them.
const reviewUID = "705ab4f5-6393-11e8-b7cc-42010a800002"

// A podShape says what makes a pod large.
type podShape struct {
	name          string
	variables     int // of the container
	managedFields int // entries below f:spec of the second manager
}

// The sizes are those of the whole review.
var (
	pod3KB     = podShape{name: "3 KB", variables: 12}
	pod16KB    = podShape{name: "16 KB", variables: 210}
	pod100KB   = podShape{name: "100 KB", variables: 1610}
	podManaged = podShape{name: "64 KB managedFields", variables: 12, managedFields: 1400}
	pod2000Env = podShape{name: "2,000 env", variables: 2000}
	bigPods    = []podShape{pod16KB, pod100KB, podManaged, pod2000Env}
)

type object = map[string]any

// pod is as an API server has it when a ReplicaSet creates it.
func (s podShape) pod(app string) object {
	return object{
		"kind": "Pod", "apiVersion": "v1",
		"metadata": object{
			"generateName": "web-7d9c5b8f6d-", "namespace": "shop", "creationTimestamp": nil,
			"labels":      object{"app": app, "team": "shop", "pod-template-hash": "7d9c5b8f6d", "tier": "web"},
			"annotations": object{"example.com/owner": "shop"},
			"ownerReferences": []any{object{
				"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9c5b8f6d", "uid": "0c4b1d3e-0000-4000-8000-00000000cccc",
				"controller": true, "blockOwnerDeletion": true,
			}},
			"managedFields": s.managers(),
		},
		"spec": object{
			"volumes": []any{
				object{"name": "data", "emptyDir": object{}},
				object{"name": "kube-api-access-x7k2p", "projected": object{"defaultMode": 420, "sources": []any{
					object{"serviceAccountToken": object{"expirationSeconds": 3607, "path": "token"}},
				}}},
			},
			"containers": []any{object{
				"name": "web", "image": "registry.example.com/web:7", "env": s.env(), "resources": object{"limits": object{"cpu": "1"}},
				"volumeMounts": []any{
					object{"name": "data", "mountPath": "/data"},
					object{"name": "kube-api-access-x7k2p", "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
				},
				"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent",
			}},
			"restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "serviceAccountName": "default",
			"serviceAccount": "default", "securityContext": object{}, "schedulerName": "default-scheduler", "priority": 0,
			"tolerations": []any{
				object{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
				object{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
			},
			"enableServiceLinks": true, "preemptionPolicy": "PreemptLowerPriority",
		},
		"status": object{},
	}
}

// review is an AdmissionReview as an API server sends it for such a pod.
func (s podShape) review(app string) ([]byte, error) {
	kind := object{"group": "", "version": "v1", "kind": "Pod"}
	resource := object{"group": "", "version": "v1", "resource": "pods"}
	return json.Marshal(object{
		"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
		"request": object{
			"uid": reviewUID, "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
			"namespace": "shop", "operation": "CREATE",
			"userInfo": object{
				"username": "system:serviceaccount:kube-system:replicaset-controller", "uid": "d3f6a8a2-3b1c-4f7e-9a44-1c2b3d4e5f60",
				"groups": []any{"system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"},
				"extra":  object{"authentication.kubernetes.io/credential-id": []any{"JTI=5b3f7c1e-0a53-4a45-8d2c-7c1f1a2b3c4d"}},
			},
			"object": s.pod(app), "oldObject": nil, "dryRun": false,
			"options": object{"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
		},
	})
}

func (s podShape) env() []any {
	variables := make([]any, s.variables)
	for i := range variables {
		variables[i] = object{"name": fmt.Sprintf("VARIABLE_%d", i), "value": "a value of the usual length"}
	}
	return variables
}

func (s podShape) managers() []any {
	fields := object{"f:metadata": object{"f:labels": object{".": object{}, "f:app": object{}}}}
	if s.managedFields > 0 {
		many := object{}
		for i := range s.managedFields {
			many[fmt.Sprintf(`k:{"name":"field-%d"}`, i)] = object{".": object{}, "f:name": object{}}
		}
		fields["f:spec"] = many
	}
	return []any{object{
		"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "time": "2026-11-20T10:00:00Z",
		"fieldsType": "FieldsV1", "fieldsV1": fields,
	}}
}
