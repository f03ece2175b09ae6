package house_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mostLines is the length at which a file holds more than one idea.
const mostLines = 400

// saysNothing are names of files and folders under which anything could be.
var saysNothing = regexp.MustCompile(`^(utils?|common|helpers?|misc|manager2)(_test)?(\.go)?$`)

// TestFilesHoldOneIdea: a reader finds a rule by the name of its file, and can read it at once.
func TestFilesHoldOneIdea(t *testing.T) {
	for room := range floors {
		err := filepath.WalkDir(room, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if saysNothing.MatchString(entry.Name()) {
				t.Errorf("%s: the name says nothing about what is in it", path)
			}
			if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasPrefix(entry.Name(), "zz_generated.") {
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if lines := bytes.Count(text, []byte("\n")); lines > mostLines {
				t.Errorf("%s has %d lines, more than %d: what could be a file of its own?", path, lines, mostLines)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
