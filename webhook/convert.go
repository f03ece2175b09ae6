package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/go-logr/logr"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/survive"
)

// ConvertPath serves CRD conversion.
const ConvertPath = "/convert"

// maxConversionBytes bounds a ConversionReview. The API server converts whole list pages in one review, so this is far
// above the cap of an admission review.
const maxConversionBytes = 64 << 20

// ConvertFunc converts one object to another API version of its kind.
type ConvertFunc func(object []byte, apiVersion string) ([]byte, error)

// NewConvertHandler serves ConversionReviews. It depends on nothing but the objects in the review: filling the cluster view may itself need
// conversion, so waiting for the view here would deadlock (spec/user-pains.md P7).
func NewConvertHandler(convert ConvertFunc, log logr.Logger) http.Handler {
	return &convertHandler{convert: convert, log: log.WithValues("endpoint", ConvertPath)}
}

type convertHandler struct {
	convert ConvertFunc
	log     logr.Logger
}

// ServeHTTP answers one ConversionReview. One object that cannot be converted fails the whole review: the protocol has no other way
// (spec/server.md 12).
func (h *convertHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readAtMost(w, r, maxConversionBytes)
	if err != nil {
		if errors.Is(err, errBodyMemory) {
			w.Header().Set("Retry-After", "1")
		}
		http.Error(w, err.Error(), bodyErrorStatus(err))
		return
	}
	review := &conversionReview{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(body, review); err != nil {
		http.Error(w, "the request body is no ConversionReview: "+err.Error(), http.StatusBadRequest)
		return
	}
	if review.Kind != "ConversionReview" || review.Request == nil {
		http.Error(w, "the request body is no ConversionReview with a request", http.StatusBadRequest)
		return
	}
	objects, err := review.Request.each()
	if err != nil {
		http.Error(w, "the request body is no ConversionReview: "+err.Error(), http.StatusBadRequest)
		return
	}
	response := &apiextensionsv1.ConversionResponse{UID: review.Request.UID, Result: metav1.Status{Status: metav1.StatusSuccess}}
	for i := 1; objects.More(); i++ {
		var object json.RawMessage
		err := objects.Decode(&object)
		var converted []byte
		if err == nil {
			converted, err = h.convertOne(object, review.Request.DesiredAPIVersion)
		}
		if err != nil {
			h.log.Error(err, "cannot convert", "object", i, "apiVersion", short(review.Request.DesiredAPIVersion))
			response.ConvertedObjects = nil
			response.Result = metav1.Status{
				Status:  metav1.StatusFailure,
				Message: fmt.Sprintf("object %d cannot be converted to %s: %v", i, review.Request.DesiredAPIVersion, err),
			}
			break
		}
		response.ConvertedObjects = append(response.ConvertedObjects, runtime.RawExtension{Raw: converted})
	}
	answer, err := json.Marshal(apiextensionsv1.ConversionReview{TypeMeta: review.TypeMeta, Response: response})
	if err != nil {
		h.log.Error(err, "cannot encode a conversion")
		http.Error(w, "cannot encode the conversion", http.StatusInternalServerError)
		return
	}
	writeJSON(w, answer)
}

// conversionReview is an apiextensionsv1.ConversionReview whose objects are read one after the other: nobody needs to be an API server to send sixty
// megabytes of empty ones, and a list of them would take a gigabyte before the first is found to be none.
type conversionReview struct {
	metav1.TypeMeta `json:",inline"`
	Request         *conversionRequest `json:"request"`
}

type conversionRequest struct {
	UID               types.UID       `json:"uid"`
	DesiredAPIVersion string          `json:"desiredAPIVersion"`
	Objects           json.RawMessage `json:"objects"`
}

// each reads the objects.
func (r *conversionRequest) each() (*json.Decoder, error) {
	if len(r.Objects) == 0 || string(r.Objects) == "null" {
		r.Objects = json.RawMessage("[]")
	}
	objects := json.NewDecoder(bytes.NewReader(r.Objects))
	if begin, err := objects.Token(); err != nil || begin != json.Delim('[') {
		return nil, errors.New("request.objects: must be a list")
	}
	return objects, nil
}

// convertOne converts one object; a panic is an error of this object.
func (h *convertHandler) convertOne(object []byte, apiVersion string) (converted []byte, err error) {
	defer func() {
		if value := recover(); value != nil {
			h.log.Error(survive.Cause(value), "a conversion panicked", "stack", string(debug.Stack()))
			converted, err = nil, errors.New("internal error: the conversion panicked")
		}
	}()
	return h.convert(object, apiVersion)
}
