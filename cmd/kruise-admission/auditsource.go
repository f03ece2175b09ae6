package main

// Where an audit finds the objects that it looks at: in a cluster or in files.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/cluster/pods"
	"github.com/kruise-admission/kruise-admission/protection"
)

// liveAudit are the objects of a cluster, or of one namespace of it.
type liveAudit struct {
	*liveDeletables
	metadata  metadata.Interface
	namespace string // empty: all
	progress  *progress
}

func newLiveAudit(config *rest.Config, namespace string, progress *progress) (*liveAudit, error) {
	objects, err := newLiveDeletables(config)
	if err != nil {
		return nil, err
	}
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &liveAudit{liveDeletables: objects, metadata: client, namespace: namespace, progress: progress}, nil
}

func (l *liveAudit) complete() bool { return l.namespace == "" }

func (l *liveAudit) pods(ctx context.Context, visit func([][]byte) error) error {
	l.progress.start(func() int { return countPods(ctx, l.metadata, l.namespace) })
	defer l.progress.stop()
	return pods.NewReader(l.metadata).Each(ctx, l.namespace, func(page [][]byte) error {
		l.progress.add(len(page))
		return visit(page)
	})
}

func (l *liveAudit) whole(ctx context.Context, namespace, name string) ([]byte, bool, error) {
	return pods.Whole(ctx, l.client.CoreV1(), namespace, name)
}

func (l *liveAudit) labelled(ctx context.Context, rule *protection.Rule) ([]metav1.PartialObjectMetadata, error) {
	resource, namespaced, ok, err := l.served(rule)
	if err != nil || !ok {
		return nil, err
	}
	options := metav1.ListOptions{LabelSelector: protection.Label, Limit: 500}
	var from metadata.ResourceInterface = l.metadata.Resource(resource)
	switch {
	case namespaced:
		from = l.metadata.Resource(resource).Namespace(l.namespace)
	case l.namespace == "":
	case rule.Group == "" && rule.Resource == "namespaces":
		options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, l.namespace).String()
	default:
		return nil, nil // what is in no namespace is not asked about
	}
	var found []metav1.PartialObjectMetadata
	for {
		list, err := from.List(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", rule.GroupResource(), err)
		}
		found = append(found, list.Items...)
		if options.Continue = list.Continue; options.Continue == "" {
			return found, nil
		}
	}
}

// fileAudit are the objects of files.
type fileAudit struct{ objects []*object }

// newFileAudit reads the objects. Pods that name no namespace are in the one that is given.
func newFileAudit(files []string, stdin io.Reader, namespace string) (*fileAudit, error) {
	_, objects, err := readObjects("-f", files, stdin)
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		if !o.isPod() || o.Metadata.Namespace != "" {
			continue
		}
		if o.raw, err = withNamespace(o.raw, namespace); err != nil {
			return nil, inputError{fmt.Errorf("-f: %s: %w", o.document, err)}
		}
		o.Metadata.Namespace = namespace
	}
	return &fileAudit{objects}, nil
}

func (o *object) isPod() bool { return o.APIVersion == "v1" && o.Kind == "Pod" }

func (*fileAudit) complete() bool { return true }

func (f *fileAudit) pods(_ context.Context, visit func([][]byte) error) error {
	var all [][]byte
	for _, o := range f.objects {
		if o.isPod() {
			all = append(all, o.raw)
		}
	}
	return visit(all)
}

func (f *fileAudit) whole(_ context.Context, namespace, name string) ([]byte, bool, error) {
	for _, o := range f.objects {
		if o.isPod() && o.Metadata.Namespace == namespace && o.Metadata.Name == name {
			return o.raw, true, nil
		}
	}
	return nil, false, nil
}

func (f *fileAudit) labelled(_ context.Context, rule *protection.Rule) (found []metav1.PartialObjectMetadata, _ error) {
	for _, o := range f.objects {
		if _, labelled := o.Metadata.Labels[protection.Label]; !labelled || o.group() != rule.Group || o.Kind != rule.Kind {
			continue
		}
		var head metav1.PartialObjectMetadata
		if err := json.Unmarshal(o.raw, &head); err != nil {
			return nil, inputError{fmt.Errorf("-f: %s: %w", o.document, err)}
		}
		found = append(found, head)
	}
	return found, nil
}
