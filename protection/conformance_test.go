package protection

import (
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

// TestConformance compares with the recorded decisions of the family protection: whether the delete is allowed, the code, and
// the words that a refusal starts with. test/conformance posts the same cases to the built server.
func TestConformance(t *testing.T) {
	folder, _ := recorded.Folder()
	cases, err := recorded.Read(folder, "validate")
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := recorded.NewLedger("validate")
	if err != nil {
		t.Fatal(err)
	}
	dependents := readUniverse(t, recorded.Universe(folder, "validate"))
	ran := 0
	for _, c := range cases {
		request := c.Request()
		if c.Family != "protection" || request == nil {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			gates := c.AllGates()
			got, err := New(Options{
				Enabled:      gates["ResourcesDeletionProtection"],
				CRDCascading: gates["DeletionProtectionForCRDCascadingGate"],
				Dependents:   dependents,
			}).Review(t.Context(), request)
			if err != nil {
				t.Fatalf("cannot tell: %v", err)
			}
			deviation, problem := ledger.Settle(&c, recorded.Answer{Allowed: got.Allowed, Message: got.Message})
			want := c.Expect
			switch {
			case problem != "":
				t.Errorf("%s\n    %s", c.About, problem)
			case got.Allowed || deviation != nil:
			case want.Code != nil && got.Code != *want.Code:
				t.Errorf("code %d, recorded: %d", got.Code, *want.Code)
			case isWords(want.Message) && !strings.HasPrefix(got.Message, want.Message):
				t.Errorf("got words:      %s\nrecorded words: %s", got.Message, want.Message)
			}
		})
	}
	if ran == 0 {
		t.Error("no case of the family protection ran")
	}
}

// isWords: the texts of decoders and of failed look-ups are not worth keeping.
func isWords(message string) bool {
	return strings.HasPrefix(message, "forbidden by ") || strings.HasPrefix(message, "feature-gate ")
}
