package live

import (
	"os"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

func TestMain(m *testing.M) { os.Exit(controlplane.Run(m)) }
