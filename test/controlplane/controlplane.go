package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/test/controlplane/binary"
	"github.com/kruise-admission/kruise-admission/test/process"
)

// loopback is where everything of a control plane listens.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// startTimeout bounds a start when the context does not: thirty times what it takes on two busy cores.
const startTimeout = 10 * time.Minute

// Options of a control plane. The zero value is a good one.
type Options struct {
	// WithoutControllerManager leaves out kube-controller-manager: the start takes a second less, and no Deployment gets
	// its pods, no namespace finishes its deletion. The ServiceAccount admission is off then, because nobody creates
	// default ServiceAccounts, and without those it would refuse every pod.
	WithoutControllerManager bool
	// APIServerArgs are further flags of kube-apiserver, such as "--v=4"; a flag given here wins over the built-in one.
	APIServerArgs []string
	// APIServerEnv are variables, as NAME=value, added to what kube-apiserver inherits.
	APIServerEnv []string
	// ControllerManagerArgs are further flags of kube-controller-manager, likewise.
	ControllerManagerArgs []string
	// LogDir is where the logs of the processes go; it is created, and stays. Default: the folder of the run, which
	// Stop removes.
	LogDir string
}

// ControlPlane is a running control plane. Its methods are safe for concurrent use.
type ControlPlane struct {
	options Options
	binary  string
	dir     *runDir
	logDir  string
	pki     *pki
	port    int
	release func() // of the port; nil before it is held
	config  *rest.Config
	client  kubernetes.Interface

	mutex             sync.Mutex // guards what follows
	etcd              *process.Process
	apiServer         *process.Process
	controllerManager *process.Process
}

// BuildOnce returns the path of the binary that Start runs, building it when it is not in the cache; see
// [binary.Build]. Progress goes to standard error.
func BuildOnce(ctx context.Context) (path string, err error) { return binary.Build(ctx, os.Stderr) }

// Start starts a control plane and returns when it is ready: /readyz of the API server is ok and, with the controller
// manager, the namespace default has its ServiceAccount. The context bounds the start only. The caller must Stop the
// result; if it dies before, the processes die with it.
func Start(ctx context.Context, options Options) (*ControlPlane, error) {
	path, err := BuildOnce(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c := &ControlPlane{options: options, binary: path}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot start a control plane: %w", err), c.Stop())
	}
	return c, nil
}

func (c *ControlPlane) start(ctx context.Context) (err error) {
	if c.dir, err = newRunDir(); err != nil {
		return err
	}
	c.logDir = c.dir.path
	if c.options.LogDir != "" {
		if c.logDir, err = filepath.Abs(c.options.LogDir); err != nil {
			return err
		}
		if err := os.MkdirAll(c.logDir, 0o755); err != nil {
			return err
		}
	}
	if c.port, c.release, err = holdPort(loopback); err != nil {
		return fmt.Errorf("no free port on 127.0.0.1: %w", err)
	}
	if c.pki, err = newPKI(c.dir.path); err != nil {
		return err
	}
	if err := c.writeKubeconfigs(); err != nil {
		return err
	}
	if c.config, err = c.adminConfig(); err != nil {
		return err
	}
	if c.client, err = kubernetes.NewForConfig(c.config); err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if err := c.startEtcd(ctx); err != nil {
		return err
	}
	if err := c.startAPIServer(ctx); err != nil {
		return err
	}
	if c.options.WithoutControllerManager {
		return nil
	}
	return c.startControllerManager(ctx)
}

// Stop ends the processes at once and removes the folder of the run. It may be called more than once.
func (c *ControlPlane) Stop() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, program := range []*process.Process{c.controllerManager, c.apiServer, c.etcd} {
		program.Kill()
	}
	if c.release != nil {
		c.release()
		c.release = nil
	}
	if c.dir == nil {
		return nil
	}
	return c.dir.remove()
}

// Kubeconfig is the path of a kubeconfig file with the rights of a cluster administrator.
func (c *ControlPlane) Kubeconfig() string { return filepath.Join(c.dir.path, adminKubeconfig) }

// RESTConfig returns a client configuration with the rights of a cluster administrator and without client-side rate
// limit. It is a copy; the caller may change it.
func (c *ControlPlane) RESTConfig() *rest.Config { return rest.CopyConfig(c.config) }

// Client is a client with the rights of a cluster administrator.
func (c *ControlPlane) Client() kubernetes.Interface { return c.client }

// LogTail returns the last lines of the log of each process, for the report of a failed test.
func (c *ControlPlane) LogTail(lines int) string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	text := ""
	for _, program := range []*process.Process{c.etcd, c.apiServer, c.controllerManager} {
		if program != nil {
			text += program.Tail(lines)
		}
	}
	return text
}
