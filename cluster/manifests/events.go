package manifests

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// events says when the file system may have changed under one of the paths. It says so too often rather than too rarely; whether something did
// change is found out by reading.
type events struct {
	paths []string
	// changed holds at most one token.
	changed chan struct{}
	// err says why there are no events, or not for every path.
	err     error
	watcher *fsnotify.Watcher
	done    chan struct{}
}

// newEvents starts to watch. It does not fail: where there are no events, reading from time to time remains.
func newEvents(paths []string) *events {
	e := &events{changed: make(chan struct{}, 1), done: make(chan struct{})}
	for _, path := range paths {
		e.paths = append(e.paths, filepath.Clean(path))
	}
	e.watcher, e.err = fsnotify.NewWatcher()
	if e.err == nil {
		e.err = e.watch()
		go e.run()
	} else {
		close(e.done)
	}
	if e.err != nil {
		e.err = fmt.Errorf("changes of manifests will be noticed only every %s: cannot watch the file system: %w", RereadEvery, e.err)
	}
	return e
}

// watch watches the folders whose entries make up the paths: a folder itself for its files, and the folder around a path for its being
// replaced. Files are not watched, because editors and mounted ConfigMaps replace files instead of writing into them. It may be
// repeated.
func (e *events) watch() error {
	if e.watcher == nil {
		return nil
	}
	var errs []error
	for _, path := range e.paths {
		errs = append(errs, e.watcher.Add(filepath.Dir(path)))
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			errs = append(errs, e.watcher.Add(path))
		}
	}
	return errors.Join(errs...)
}

func (e *events) run() {
	defer close(e.done)
	for {
		select {
		case event, open := <-e.watcher.Events:
			if !open {
				return
			}
			if !e.concerns(event) {
				continue
			}
		case _, open := <-e.watcher.Errors:
			if !open {
				return
			}
			// Events were lost: anything may have changed.
		}
		select {
		case e.changed <- struct{}{}:
		default:
		}
	}
}

// concerns leaves out what happens beside the paths in the folders around them.
func (e *events) concerns(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod {
		return false // indexers and backups cause these, with no change of content
	}
	name := filepath.Clean(event.Name)
	if filepath.Base(name) == "..data" {
		return true // the link whose swap changes all files of a mounted ConfigMap or Secret at once
	}
	for _, path := range e.paths {
		if name == path || filepath.Dir(name) == path {
			return true
		}
	}
	return false
}

// close ends watching.
func (e *events) close() {
	if e.watcher != nil {
		_ = e.watcher.Close() // nothing is lost by a failure to stop
	}
	<-e.done
}
