package manifests

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// file is one file and what was in it.
type file struct {
	path    string
	content []byte
}

// extensions are those of the files that are read from a folder. A file that is named itself may have any.
var extensions = []string{".yaml", ".yml", ".json"}

// readFiles reads the files that paths name, each once, in the order of paths and in a folder by name. It reports everything that
// cannot be read.
func readFiles(paths []string) ([]file, error) {
	var files []file
	var errs []error
	seen := map[string]bool{}
	for _, path := range paths {
		found, err := filesAt(path)
		if err != nil {
			errs = append(errs, err)
		}
		for _, name := range found {
			if seen[name] {
				continue // a folder and a file in it may both be named
			}
			seen[name] = true
			content, err := os.ReadFile(name)
			if err != nil {
				errs = append(errs, fmt.Errorf("cannot read manifests: %w", err))
				continue
			}
			files = append(files, file{path: name, content: content})
		}
	}
	return files, errors.Join(errs...)
}

// filesAt lists the files that one path stands for.
func filesAt(path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("manifests path %q does not exist: name an existing file or folder", path)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read manifests: %w", err)
	}
	if info.Mode().IsRegular() {
		return []string{filepath.Clean(path)}, nil
	}
	if !info.IsDir() {
		// It will be read again and again, and reading a pipe can block.
		return nil, fmt.Errorf("manifests path %q is neither a file nor a folder: name an existing file or folder", path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read manifests: %w", err)
	}
	var names []string
	for _, entry := range entries {
		name := filepath.Join(path, entry.Name())
		if strings.HasPrefix(entry.Name(), ".") || !slices.Contains(extensions, filepath.Ext(name)) {
			continue
		}
		// The files of a projected volume are links, so what counts is where they lead.
		info, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("cannot read manifests: %w", err)
		}
		if info.Mode().IsRegular() {
			names = append(names, name)
		}
	}
	return names, nil
}

// fingerprint tells whether reading found anything new: other names, other bytes or another error.
func fingerprint(files []file, err error) string {
	hash := sha256.New()
	for _, f := range files {
		fmt.Fprintf(hash, "%q %d\n", f.path, len(f.content))
		hash.Write(f.content)
	}
	fmt.Fprint(hash, err)
	return string(hash.Sum(nil))
}
