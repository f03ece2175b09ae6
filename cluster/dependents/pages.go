package dependents

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// How many objects one read returns at most, and so how many names a look-up does. Nearly always the first page decides. Only below
// an object that is emptied already, but slowly, are there more to read, and larger pages save round trips.
const (
	firstPage = 100
	laterPage = 500
)

// page is what a look-up keeps of one page: the names of its live objects, and the token of the next page, if any.
type page struct {
	live []string
	next string
	// unread says that the page has objects which nobody has looked at.
	unread bool
}

// readPage reads the page that options ask for.
type readPage func(ctx context.Context, options metav1.ListOptions) (page, error)

// firstLive reads pages until one holds something live, and returns the names on it. more says that something was left unread.
func firstLive(ctx context.Context, options metav1.ListOptions, read readPage) (names []string, more bool, err error) {
	options.Limit = firstPage
	for restarted := false; ; {
		p, err := read(ctx, options)
		if err != nil {
			// The snapshot behind a token is compacted after some minutes (410 Gone). Going on with the token that comes with
			// the error would mix two snapshots, so the reading starts again, once: a server whose tokens expire faster than
			// they are used never gives an answer.
			if !apierrors.IsResourceExpired(err) || options.Continue == "" || restarted {
				return nil, false, err
			}
			restarted, options.Continue, options.Limit = true, "", laterPage
			continue
		}
		if len(p.live) > 0 || p.next == "" {
			return p.live, p.unread || p.next != "", nil
		}
		options.Continue, options.Limit = p.next, laterPage
	}
}

// liveMetadata keeps what is not terminating of a page of metadata. name says how to call an object.
func liveMetadata(list *metav1.PartialObjectMetadataList, name func(metav1.Object) string) page {
	p := page{next: list.Continue}
	for i := range list.Items {
		if object := &list.Items[i]; object.DeletionTimestamp == nil {
			p.live = append(p.live, name(object))
		}
	}
	return p
}
