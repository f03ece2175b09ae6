package webhook

import (
	"bytes"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/rawjson"
)

// envelope is an AdmissionReview of either version: v1 and v1beta1 have the same members.
type envelope struct {
	metav1.TypeMeta `json:",inline"`
	Request         *admissionv1.AdmissionRequest `json:"request"`
}

// readEnvelope reads a whole review, in one pass if it is one that an API server would send. The objects in it refer to body, because
// copying them costs more than everything else about them. Whatever the quick way does not accept is judged by the decoder of the
// API server, which also finds the words.
func readEnvelope(body []byte) (*envelope, error) {
	if review, ok := scanEnvelope(body); ok {
		return review, nil
	}
	review := &envelope{}
	return review, kjson.UnmarshalCaseSensitivePreserveInts(body, review)
}

// scanEnvelope gives what the decoder of the API server gives, or false.
func scanEnvelope(body []byte) (*envelope, bool) {
	review := &envelope{}
	s := rawjson.New(body)
	for name := range s.Members() {
		switch string(name) {
		case "apiVersion":
			s.String(&review.APIVersion)
		case "kind":
			s.String(&review.Kind)
		case "request":
			if review.Request != nil {
				s.Fail() // two requests become one, member by member
				continue
			}
			if !s.Null() {
				review.Request = &admissionv1.AdmissionRequest{}
				scanRequest(s, review.Request)
			}
		}
	}
	return review, s.Done()
}

func scanRequest(s *rawjson.Scanner, r *admissionv1.AdmissionRequest) {
	for name := range s.Members() {
		switch string(name) {
		case "uid":
			s.String((*string)(&r.UID))
		case "kind":
			scanKind(s, &r.Kind)
		case "resource":
			scanResource(s, &r.Resource)
		case "subResource":
			s.String(&r.SubResource)
		case "requestKind":
			r.RequestKind = decoded[metav1.GroupVersionKind](s, r.RequestKind != nil, scanKind)
		case "requestResource":
			r.RequestResource = decoded[metav1.GroupVersionResource](s, r.RequestResource != nil, scanResource)
		case "requestSubResource":
			s.String(&r.RequestSubResource)
		case "name":
			s.String(&r.Name)
		case "namespace":
			s.String(&r.Namespace)
		case "operation":
			s.String((*string)(&r.Operation))
		case "userInfo":
			scanUser(s, &r.UserInfo)
		case "object":
			scanObject(s, &r.Object.Raw)
		case "oldObject":
			scanObject(s, &r.OldObject.Raw)
		case "options":
			scanObject(s, &r.Options.Raw)
		case "dryRun":
			r.DryRun = decoded[bool](s, false, func(s *rawjson.Scanner, value *bool) { s.Bool(value) })
		}
	}
}

// decoded reads a value that a null makes nil. A value that has been read already would become one with this one.
func decoded[T any](s *rawjson.Scanner, again bool, scan func(*rawjson.Scanner, *T)) *T {
	if again {
		s.Fail()
	}
	if s.Null() {
		return nil
	}
	value := new(T)
	scan(s, value)
	return value
}

func scanKind(s *rawjson.Scanner, kind *metav1.GroupVersionKind) {
	for name := range s.Members() {
		switch string(name) {
		case "group":
			s.String(&kind.Group)
		case "version":
			s.String(&kind.Version)
		case "kind":
			s.String(&kind.Kind)
		}
	}
}

func scanResource(s *rawjson.Scanner, resource *metav1.GroupVersionResource) {
	for name := range s.Members() {
		switch string(name) {
		case "group":
			s.String(&resource.Group)
		case "version":
			s.String(&resource.Version)
		case "resource":
			s.String(&resource.Resource)
		}
	}
}

func scanUser(s *rawjson.Scanner, user *authenticationv1.UserInfo) {
	for name := range s.Members() {
		switch string(name) {
		case "username":
			s.String(&user.Username)
		case "uid":
			s.String(&user.UID)
		case "groups":
			if user.Groups != nil {
				s.Fail() // in a second list, null leaves what the first has at its place
			}
			user.Groups = scanTexts(s)
		case "extra":
			if user.Extra != nil {
				s.Fail() // the members of both become one object
			}
			if s.Null() {
				continue
			}
			user.Extra = map[string]authenticationv1.ExtraValue{}
			for key := range s.Members() {
				key := string(key)
				user.Extra[key] = scanTexts(s)
			}
		}
	}
}

// scanTexts reads a list of strings. A null is no list; in it, it is an empty string.
func scanTexts(s *rawjson.Scanner) []string {
	if s.Null() {
		return nil
	}
	texts := make([]string, 0, 4)
	for i := range s.Elements() {
		texts = append(texts, "")
		s.String(&texts[i])
	}
	return texts
}

// scanObject keeps an object as it is; a null leaves what was there, as runtime.RawExtension does.
func scanObject(s *rawjson.Scanner, raw *[]byte) {
	if value := s.Value(); value != nil && !bytes.Equal(value, []byte("null")) {
		*raw = value
	}
}
