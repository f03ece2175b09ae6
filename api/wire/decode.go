package wire

import (
	"bytes"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/json"
)

// Decode reads the JSON object raw into a pointer to the type of want. apiVersion and kind may be absent from raw; when
// they are there they must be those of want. Errors are for the user: they say what is wrong with the object.
func Decode(raw []byte, want schema.GroupVersionKind, into any) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return fmt.Errorf("there is no %s to decode", want.Kind)
	}
	if raw[0] != '{' {
		return fmt.Errorf("the %s must be a JSON object", want.Kind)
	}
	if err := CheckEntries(raw); err != nil {
		return fmt.Errorf("the %s cannot be decoded: %w", want.Kind, err)
	}
	var header struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := json.UnmarshalCaseSensitivePreserveInts(raw, &header); err != nil {
		return fmt.Errorf("the %s cannot be decoded: %w", want.Kind, err)
	}
	if header.Kind != "" && header.Kind != want.Kind {
		return fmt.Errorf("the object is of kind %q, not %s", header.Kind, want.Kind)
	}
	if version := want.GroupVersion().String(); header.APIVersion != "" && header.APIVersion != version {
		return fmt.Errorf("the object's apiVersion is %q, not %s", header.APIVersion, version)
	}
	if err := CheckQuantities(raw); err != nil {
		return fmt.Errorf("the %s cannot be decoded: %w", want.Kind, err)
	}
	if err := json.UnmarshalCaseSensitivePreserveInts(raw, into); err != nil {
		return fmt.Errorf("the %s cannot be decoded: %w", want.Kind, err)
	}
	return nil
}
