package main

import (
	"strconv"
	"strings"
	"testing"
)

// again is text many times.
func again(text string, times int) string { return strings.Repeat(text, times) }

// TestHostileBodies posts bodies that no API server sends. Bodies are written as changes of a good one, old text and new.
func TestHostileBodies(t *testing.T) {
	r := hostileServer(t)
	good := hostileReview(t, nil)
	with := func(pairs ...string) string {
		t.Helper()
		body := good
		for i := 0; i < len(pairs); i += 2 {
			changed := strings.Replace(body, pairs[i], pairs[i+1], 1)
			if changed == body {
				t.Fatalf("the review has no %.100s", pairs[i])
			}
			body = changed
		}
		return body
	}
	labels, web := `"labels":{"app":"target"}`, `"name":"web"`
	const pod, sets, deployment = "/mutate-pod", "/validate-apps-kruise-io-sidecarset", "/validate-apps-deployment"
	for _, test := range []struct{ name, path, body, want string }{
		// What is no JSON.
		{"nothing", pod, "", "unreadable 400"},
		{"blanks", pod, " \n\t", "unreadable 400"},
		{"a NUL byte", pod, "\x00", "unreadable 400"},
		{"text", pod, "hello", "unreadable 400"},
		{"HTML", pod, "<html></html>", "unreadable 400"},
		{"YAML", pod, "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\n", "unreadable 400"},
		{"protobuf of Kubernetes", pod, "k8s\x00\n\x0c\n\x02v1\x12\x06Review", "unreadable 400"},
		{"gzip", pod, "\x1f\x8b\x08\x00\x00\x00\x00\x00", "unreadable 400"},
		{"UTF-16", pod, "\xff\xfe{\x00}\x00", "unreadable 400"},
		{"a byte order mark", pod, "\xef\xbb\xbf" + good, "patched"},
		{"two byte order marks", pod, "\xef\xbb\xbf\xef\xbb\xbf" + good, "unreadable 400"},
		{"a byte order mark alone", pod, "\xef\xbb\xbf", "unreadable 400"},
		{"half", pod, good[:len(good)/2], "unreadable 400"},
		{"all but the last byte", pod, good[:len(good)-1], "unreadable 400"},
		{"text behind", pod, good + "x", "unreadable 400"},
		{"a second review behind", pod, good + good, "unreadable 400"},
		{"blanks around", pod, " \r\n" + good + "\t\n ", "patched"},
		{"a comment", pod, with(`{"apiVersion":"admission`, `{/**/"apiVersion":"admission`), "unreadable 400"},
		{"a comma too many", pod, with(`"kind":"AdmissionReview",`, `"kind":"AdmissionReview",,`), "unreadable 400"},
		{"a comma at the end", pod, with(labels, `"labels":{"app":"target",}`), "unreadable 400"},
		{"single quotes", pod, with(`"uid":"u","userInfo"`, `'uid':'u',"userInfo"`), "unreadable 400"},
		{"NaN", pod, with(`"dryRun":false`, `"dryRun":NaN`), "unreadable 400"},
		{"a raw newline in a text", pod, with(`"image":"w"`, "\"image\":\"w\n\""), "unreadable 400"},
		{"a NUL byte in a text", pod, with(`"image":"w"`, "\"image\":\"w\x00\""), "unreadable 400"},
		{"an escaped NUL in a text", pod, with(`"image":"w"`, `"image":"w\u0000"`), "patched"},
		{"an unknown escape", pod, with(`"image":"w"`, `"image":"\q"`), "unreadable 400"},
		{"a number with leading zero", pod, with(`"image":"w"`, `"image":007`), "unreadable 400"},
		{"a hexadecimal number", pod, with(`"image":"w"`, `"image":0x7`), "unreadable 400"},

		// Text that is not UTF-8. Go reads it as U+FFFD, and so does the API server.
		{"invalid UTF-8 in a value nobody reads", pod, with(`"image":"w"`, "\"image\":\"\xff\xfe\""), "patched"},
		{"invalid UTF-8 in a label", pod, with(labels, "\"labels\":{\"app\":\"target\",\"x\":\"\xff\"}"), "patched"},
		{"invalid UTF-8 in the label that selects", pod, with(labels, "\"labels\":{\"app\":\"target\xff\"}"), "allowed"},
		{"invalid UTF-8 in a name", pod, with(web, "\"name\":\"web\xff\""), "patched"},
		{"invalid UTF-8 in an annotation key", pod, with(`"source":"web"`, "\"source\xff\":\"web\""), "patched"},
		{"an overlong encoding", pod, with(`"image":"w"`, "\"image\":\"\xc0\xaf\""), "patched"},
		{"a surrogate alone", pod, with(`"image":"w"`, `"image":"\ud800"`), "patched"},
		{"an emoji", pod, with(`"image":"w"`, `"image":"😀"`), "patched"},

		// Names of members: case matters, as for the API server, and of several the last one counts, as for a JSON Patch.
		{"apiVersion in capitals", pod, with(`"apiVersion":"admission`, `"APIVERSION":"admission`), "unreadable 400"},
		{"request in capitals", pod, with(`"request":{`, `"Request":{`), "unreadable 400"},
		{"operation in capitals", pod, with(`"operation":"CREATE"`, `"Operation":"CREATE"`), "allowed"},
		{"object in capitals", pod, with(`"object":{`, `"Object":{`), "refused 400"},
		{"spec in capitals", pod, with(`"spec":{`, `"Spec":{`), "refused 422"},
		{"metadata in capitals", pod, with(`"metadata":{`, `"Metadata":{`), "allowed"},
		{"labels in capitals", pod, with(`"labels":{`, `"Labels":{`), "allowed"},
		{"labels with the Kelvin sign for k", pod, with(`"labels":{"app"`, "\"labels\":{\"\u212aey\":\"v\",\"app\""), "patched"},
		{"containers in capitals beside containers", pod, with(`"containers":[`, `"Containers":7,"containers":[`), "patched"},
		{"request twice, the last null", pod, good[:len(good)-1] + `,"request":null}`, "unreadable 400"},
		{"operation twice", pod, with(`"operation":"CREATE"`, `"operation":"DELETE","operation":"CREATE"`), "patched"},
		{"object twice, the last a number", pod, with(`"oldObject":null`, `"object":7,"oldObject":null`), "refused 400"},
		{"metadata twice, the last without labels", pod, with(`"spec":{"containers"`, `"metadata":{"name":"p"},"spec":{"containers"`), "allowed"},
		{"labels twice, the last selects", pod, with(labels, `"labels":{"app":"other"},`+labels), "patched"},
		{"a label twice, the last does not select", pod, with(labels, `"labels":{"app":"target","app":"other"}`), "allowed"},
		{"spec twice, the first null", pod, with(`"spec":{"containers"`, `"spec":null,"spec":{"containers"`), "patched"},
		{"spec twice, the last null", pod, with(`"status":{`, `"spec":null,"status":{`), "refused 422"},
		{"containers twice", pod, with(`"containers":[`, `"containers":[{"name":"first"}],"containers":[`), "patched"},
		{"a container's name twice", pod, with(web, `"name":"first",`+web), "patched"},
		{"an annotation twice", pod, with(`"source":"web"`, `"source":"none","source":"web"`), "patched"},

		// Members and values that nobody knows.
		{"unknown members everywhere", pod, with(`"request":{`, `"x":{},"request":{"y":[],`, `"spec":{"containers"`, `"spec":{"z":{"a":null},"containers"`), "patched"},
		{"an unknown API version", pod, with("admission.k8s.io/v1", "admission.k8s.io/v2"), "unreadable 400"},
		{"v1beta1", pod, with("admission.k8s.io/v1", "admission.k8s.io/v1beta1"), "patched"},
		{"v1beta1 in another group", pod, with("admission.k8s.io/v1", "evil.io/v1beta1"), "unreadable 400"},
		{"another kind", pod, with("AdmissionReview", "ConversionReview"), "unreadable 400"},
		{"a list of reviews", pod, "[" + good + "]", "unreadable 400"},
		{"a review in a review", pod, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":` + good + `}`, "unreadable 400"},
		{"the object as encoded text", pod, with(`"object":{`, `"object":"{}","x":{`), "refused 400"},
		{"an unknown operation", pod, with(`"CREATE"`, `"DESTROY"`), "allowed"},
		{"an operation in lower case", pod, with(`"CREATE"`, `"create"`), "allowed"},
		{"another kind of object", pod, with(`"kind":"Pod","metadata"`, `"kind":"Deployment","metadata"`), "refused 400"},
		{"another version of Pod", pod, with(`"apiVersion":"v1","kind":"Pod"`, `"apiVersion":"v9","kind":"Pod"`), "refused 400"},
		{"no object, only an old one", pod, with(`"object":{`, `"oldObject":{`, `"oldObject":null`, `"x":null`), "refused 400"},
		{"an uid with quotes", pod, with(`"uid":"u","userInfo"`, `"uid":"\"<script>","userInfo"`), "patched"},

		// What the rules have no business with, and must not stop.
		{"an ephemeral container", pod, with(`"subResource":""`, `"subResource":"ephemeralcontainers"`), "allowed"},
		{"a resize", pod, with(`"subResource":""`, `"subResource":"resize"`), "allowed"},
		{"a binding", pod, with(`"subResource":""`, `"subResource":"binding"`), "allowed"},
		{"an eviction without an object", pod, with(`"subResource":""`, `"subResource":"eviction"`, `"object":{`, `"x":{`), "allowed"},
		{"an update", pod, with(`"CREATE"`, `"UPDATE"`), "allowed"},
		{"a connection", pod, with(`"CREATE"`, `"CONNECT"`), "allowed"},
		{"another resource", pod, with(`"resource":{"group":"","resource":"pods"`, `"resource":{"group":"","resource":"secrets"`), "allowed"},

		// Much of something.
		{"an envelope nested too deep", pod, again(`{"a":`, 20_000), "unreadable 400"},
		{"a list nested too deep", pod, again("[", 5_000_000), "unreadable 400"},
		{"a pod nested too deep", pod, with(`"image":"w"`, `"image":`+again("[", 11_000)+again("]", 11_000)), "unreadable 400"},
		{"a pod nested as deep as may be", pod, with(`"image":"w"`, `"image":`+again("[", 9_000)+again("]", 9_000)), "patched"},
		{"an annotation nested deep", pod, with(`{\"by\":\"the pod\"}`, again(`{\"a\":`, 9_000)+"1"+again("}", 9_000)), "patched"},
		{"a label of five megabytes", pod, with(labels, `"labels":{"app":"target","x":"`+again("y", 5<<20)+`"}`), "patched"},
		{"an annotation of three megabytes", pod, with(`"source":"web"`, `"source":"`+again("y", 3<<20)+`"`), "refused 422"},
		{"a container name of a megabyte", pod, with(web, `"name":"`+again("n", 1<<20)+`"`), "patched"},
		{"a kind of five megabytes", pod, with(`"kind":"Pod","metadata"`, `"kind":"`+again("K", 5<<20)+`","metadata"`), "refused 400"},
		{"an apiVersion of five megabytes", pod, with("admission.k8s.io/v1", again("v", 5<<20)), "unreadable 400"},
		{"an operation of five megabytes", pod, with(`"CREATE"`, `"`+again("O", 5<<20)+`"`), "allowed"},
		{"ten thousand labels", pod, with(labels, `"labels":{"app":"target"`+numbered(10_000, `,"l%":"v"`)+`}`), "patched"},
		{"ten thousand annotations", pod, with(`"source":"web"`, `"source":"web"`+numbered(10_000, `,"a%":"v"`)), "patched"},
		{"ten thousand variables", pod, with(`"name":"TOKEN"`, `"name":"TOKEN"`+numbered(10_000, `},{"name":"E%"`)), "patched"},
		{"two thousand containers", pod, with(`"containers":[`, `"containers":[{"name":"c"}`+numbered(2_000, `,{"name":"c%"}`)+`,`), "patched"},
		{"five thousand volumes", pod, with(`"volumes":[`, `"volumes":[{"name":"v"}`+numbered(5_000, `,{"name":"v%"}`)+`,`), "patched"},
		{"a thousand subPath variables", pod, with("$(TOKEN)", again("$(TOKEN)", 1_000)), "patched"},
		{"an unclosed subPath variable", pod, with("$(TOKEN)", again("$(", 100_000)), "patched"},
		{"a hundred thousand owners", pod, with(`"ownerReferences":[`, `"ownerReferences":[`+again(`{},`, 100_000)), "refused 400"},
		{"ten thousand owners", pod, with(`"ownerReferences":[`, `"ownerReferences":[`+again(`{},`, 10_000)), "patched"},
		{"two million empty containers", pod, with(`"containers":[`, `"containers":[`+again(`{},`, 2_000_000)), "refused 400"},
		{"two million empty containers of a SidecarSet", sets, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE",
			"kind":{"group":"apps.kruise.io","version":"v1beta1","kind":"SidecarSet"},"resource":{"group":"apps.kruise.io","version":"v1beta1","resource":"sidecarsets"},
			"object":{"metadata":{"name":"s"},"spec":{"containers":[` + again(`{},`, 2_000_000) + `{}]}}}}`, "refused 400"},
		{"mounts for five megabytes of patch", pod, with(`"volumeMounts":[`, `"volumeMounts":[`+numbered(19_000, `{"name":"data","mountPath":"/%","subPath":"`+again("s", 250)+`"},`)), "refused 422"},
		{"a megabyte of blanks", pod, with(`"request":{`, `"request":{`+again(" ", 1<<20)), "patched"},
		{"a body of 7 MiB less a byte", pod, padded(t, good, 7<<20-1), "patched"},
		{"a body of 7 MiB", pod, padded(t, good, 7<<20), "unreadable 413"},
		{"a body of 8 MiB", pod, padded(t, good, 8<<20), "unreadable 413"},

		// Numbers, quantities and times that parsers choke on.
		{"a quantity that takes minutes", pod, with(`"cpu":"1"`, `"cpu":"1e-999999999"`), "refused 400"},
		{"a quantity with a huge exponent", pod, with(`"memory":"1Gi"`, `"memory":"1e999999999"`), "refused 400"},
		{"a quantity of many digits", pod, with(`"memory":"1Gi"`, `"memory":"`+again("9", 100_000)+`"`), "refused 400"},
		{"a quantity below zero", pod, with(`"memory":"1Gi"`, `"memory":"-1Gi"`), "patched"},
		{"an empty quantity", pod, with(`"memory":"1Gi"`, `"memory":""`), "refused 400"},
		{"a number of many digits where nobody reads", pod, with(`"image":"w"`, `"image":`+again("9", 100_000)), "patched"},
		{"a number with a huge exponent where nobody reads", pod, with(`"image":"w"`, `"image":1e999999999`), "patched"},
		{"a deletion at no time", pod, with(labels, labels+`,"deletionTimestamp":"soon"`), "refused 400"},
		{"a deletion in the year 99999", pod, with(labels, labels+`,"deletionTimestamp":"99999-01-01T00:00:00Z"`), "refused 400"},
		{"a pod that is being deleted", pod, with(labels, labels+`,"deletionTimestamp":"2026-01-01T00:00:00Z"`), "allowed"},

		// Annotations that hold JSON of their own.
		{"records that are no JSON", pod, with(`"kruise.io/sidecarset-hash":"{}"`, `"kruise.io/sidecarset-hash":"{"`), "patched"},
		{"records of a wrong type", pod, with(`"kruise.io/sidecarset-hash":"{}"`, `"kruise.io/sidecarset-hash":"[1]"`), "patched"},
		{"records with a year that cannot be written", pod, with(`"kruise.io/sidecarset-hash":"{}"`,
			`"kruise.io/sidecarset-hash":"{\"everything\":{\"updateTimestamp\":\"9999-12-31T23:59:59-23:59\"}}"`), "patched"},
		{"a hot-upgrade record of a wrong type", pod, with(`"source":"web"`, `"kruise.io/sidecarset-working-hotupgrade-container":"{\"hot\":{}}"`), "patched"},
		{"an injected list of commas", pod, with(`"source":"web"`, `"kruise.io/sidecarset-injected-list":"`+again(",", 1000)+`"`), "patched"},
		{"an annotation to merge that is null", pod, with(`{\"by\":\"the pod\"}`, `null`), "refused 422"},

		// Names that are other languages' weapons. No template, shell, path or regular expression is made of them.
		{"a template as name", pod, with(web, `"name":"{{ .Values.x }}"`), "patched"},
		{"a shell as name", pod, with(web, `"name":"$(rm -rf /);`+"`id`"+`"`), "patched"},
		{"a path as name", pod, with(web, `"name":"../../etc/passwd"`), "patched"},
		{"a pattern as name", pod, with(web, `"name":"(a+)+$"`), "patched"},
		{"a JSON pointer as annotation key", pod, with(`"source":"web"`, `"~0~1/-":"web"`), "patched"},
		{"an empty annotation key", pod, with(`"source":"web"`, `"":"web"`), "patched"},
		{"an empty label", pod, with(labels, `"labels":{"app":"target","":""}`), "patched"},
		{"containers of one name", pod, with(`"containers":[`, `"containers":[{"name":"web"},{"name":"web"},`), "patched"},
		{"a container with the name of a sidecar", pod, with(web, `"name":"sharer"`), "patched"},
		{"an init container with the name of a sidecar", pod, with(`"name":"setup"`, `"name":"sharer"`), "refused 422"},

		// Other endpoints meet the same envelope.
		{"a pod for the rule of SidecarSets", sets, good, "refused 400"},
		{"a pod for the rule of deletion", deployment, with(`"CREATE"`, `"DELETE"`), "allowed"},
		{"no old object for the rule of deletion", deployment, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"DELETE",
			"kind":{"group":"apps","version":"v1","kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"}}}`, "allowed"}, // spec/protection.md DP-19
		{"a protected Deployment", deployment, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"DELETE","name":"d",
			"kind":{"group":"apps","version":"v1","kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"},
			"oldObject":{"metadata":{"name":"d","labels":{"policy.kruise.io/delete-protection":"Always"}}}}}`, "refused 403"},
		{"a Deployment with two million owners", deployment, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"DELETE","name":"d",
			"kind":{"group":"apps","version":"v1","kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"},
			"oldObject":{"metadata":{"name":"d","ownerReferences":[` + again(`{},`, 2_000_000) + `{}]}}}}`, "refused 400"},
		{"a Deployment with two million managers, written", deployment, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"UPDATE","name":"d",
			"kind":{"group":"apps","version":"v1","kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"},
			"object":{"metadata":{"name":"d","managedFields":[` + again(`{},`, 2_000_000) + `{}]}},"oldObject":{"metadata":{"name":"d"}}}}`, "allowed"},
		{"an eviction with two million owners", "/validate-pod", `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE","name":"p","namespace":"shop",
			"subResource":"eviction","resource":{"group":"","version":"v1","resource":"pods"},
			"object":{"metadata":{"name":"p","ownerReferences":[` + again(`{},`, 2_000_000) + `{}]}}}}`, "refused 400"},
		{"a protected Deployment of a collection", deployment, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"DELETE",
			"kind":{"group":"apps","version":"v1","kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"},
			"oldObject":{"metadata":{"name":"d","labels":{"policy.kruise.io/delete-protection":"Always"}}}}}`, "refused 404"}, // passed over; see protection/collection.go
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := r.answer(t, test.path, test.body); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// numbered repeats text with a running number for the percent sign.
func numbered(times int, text string) string {
	var b strings.Builder
	for i := range times {
		b.WriteString(strings.Replace(text, "%", strconv.Itoa(i), 1))
	}
	return b.String()
}

// padded fills a body with blanks up to a size.
func padded(t *testing.T, body string, size int) string {
	t.Helper()
	if len(body) > size {
		t.Fatal("the body is too long")
	}
	return body + again(" ", size-len(body))
}
