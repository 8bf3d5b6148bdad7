//  The functions of libvirt that are called. HANDLE gives a pointer, null where it fails; NUMBER an int, then -1.
//  A declaration that is not libvirt's does not compile, and a call of a function that is not here does not link.

#define FUNCTIONS \
  HANDLE(virErrorPtr, virGetLastError, (void), ()) \
  NUMBER(virEventRegisterDefaultImpl, (void), ()) \
  NUMBER(virEventRunDefaultImpl, (void), ()) \
  NUMBER(virEventAddHandle, \
    (int f, int events, virEventHandleCallback call, void *with, virFreeCallback free), \
    (f, events, call, with, free)) \
  NUMBER(virEventRemoveHandle, (int watch), (watch)) \
  NUMBER(virEventAddTimeout, \
    (int ms, virEventTimeoutCallback call, void *with, virFreeCallback free), \
    (ms, call, with, free)) \
  NUMBER(virEventRemoveTimeout, (int timer), (timer)) \
  \
  HANDLE(virConnectPtr, virConnectOpen, (const char *uri), (uri)) \
  NUMBER(virConnectClose, (virConnectPtr c), (c)) \
  HANDLE(char *, virConnectGetCapabilities, (virConnectPtr c), (c)) \
  HANDLE(char *, virConnectGetDomainCapabilities, \
    (virConnectPtr c, const char *emulator, const char *architecture, const char *machine, \
      const char *type, unsigned flags), \
    (c, emulator, architecture, machine, type, flags)) \
  NUMBER(virConnectIsAlive, (virConnectPtr c), (c)) \
  NUMBER(virConnectGetVersion, (virConnectPtr c, unsigned long *version), (c, version)) \
  NUMBER(virConnectListAllDomains, \
    (virConnectPtr c, virDomainPtr **list, unsigned flags), (c, list, flags)) \
  NUMBER(virConnectListAllNetworks, \
    (virConnectPtr c, virNetworkPtr **list, unsigned flags), (c, list, flags)) \
  \
  HANDLE(virDomainPtr, virDomainLookupByName, (virConnectPtr c, const char *name), (c, name)) \
  HANDLE(virDomainPtr, virDomainDefineXMLFlags, \
    (virConnectPtr c, const char *xml, unsigned flags), (c, xml, flags)) \
  HANDLE(virDomainPtr, virDomainCreateXML, \
    (virConnectPtr c, const char *xml, unsigned flags), (c, xml, flags)) \
  NUMBER(virDomainFree, (virDomainPtr d), (d)) \
  HANDLE(const char *, virDomainGetName, (virDomainPtr d), (d)) \
  NUMBER(virDomainGetState, \
    (virDomainPtr d, int *state, int *reason, unsigned flags), (d, state, reason, flags)) \
  HANDLE(char *, virDomainGetMetadata, \
    (virDomainPtr d, int type, const char *uri, unsigned flags), (d, type, uri, flags)) \
  HANDLE(char *, virDomainGetXMLDesc, (virDomainPtr d, unsigned flags), (d, flags)) \
  NUMBER(virDomainCreateWithFlags, (virDomainPtr d, unsigned flags), (d, flags)) \
  NUMBER(virDomainSetLifecycleAction, \
    (virDomainPtr d, unsigned type, unsigned action, unsigned flags), (d, type, action, flags)) \
  NUMBER(virDomainSuspend, (virDomainPtr d), (d)) \
  NUMBER(virDomainResume, (virDomainPtr d), (d)) \
  NUMBER(virDomainReset, (virDomainPtr d, unsigned flags), (d, flags)) \
  NUMBER(virDomainDestroy, (virDomainPtr d), (d)) \
  NUMBER(virDomainUndefineFlags, (virDomainPtr d, unsigned flags), (d, flags)) \
  NUMBER(virDomainUpdateDeviceFlags, \
    (virDomainPtr d, const char *xml, unsigned flags), (d, xml, flags)) \
  NUMBER(virDomainOpenConsole, \
    (virDomainPtr d, const char *device, virStreamPtr s, unsigned flags), (d, device, s, flags)) \
  \
  HANDLE(virDomainSnapshotPtr, virDomainSnapshotCreateXML, \
    (virDomainPtr d, const char *xml, unsigned flags), (d, xml, flags)) \
  HANDLE(virDomainSnapshotPtr, virDomainSnapshotLookupByName, \
    (virDomainPtr d, const char *name, unsigned flags), (d, name, flags)) \
  NUMBER(virDomainListAllSnapshots, \
    (virDomainPtr d, virDomainSnapshotPtr **list, unsigned flags), (d, list, flags)) \
  HANDLE(const char *, virDomainSnapshotGetName, (virDomainSnapshotPtr s), (s)) \
  NUMBER(virDomainRevertToSnapshot, (virDomainSnapshotPtr s, unsigned flags), (s, flags)) \
  NUMBER(virDomainSnapshotDelete, (virDomainSnapshotPtr s, unsigned flags), (s, flags)) \
  NUMBER(virDomainSnapshotFree, (virDomainSnapshotPtr s), (s)) \
  \
  HANDLE(virNetworkPtr, virNetworkDefineXMLFlags, \
    (virConnectPtr c, const char *xml, unsigned flags), (c, xml, flags)) \
  NUMBER(virNetworkFree, (virNetworkPtr n), (n)) \
  HANDLE(const char *, virNetworkGetName, (virNetworkPtr n), (n)) \
  HANDLE(char *, virNetworkGetXMLDesc, (virNetworkPtr n, unsigned flags), (n, flags)) \
  NUMBER(virNetworkIsActive, (virNetworkPtr n), (n)) \
  NUMBER(virNetworkIsPersistent, (virNetworkPtr n), (n)) \
  NUMBER(virNetworkCreate, (virNetworkPtr n), (n)) \
  NUMBER(virNetworkDestroy, (virNetworkPtr n), (n)) \
  NUMBER(virNetworkUndefine, (virNetworkPtr n), (n)) \
  \
  NUMBER(virConnectListAllStoragePools, \
    (virConnectPtr c, virStoragePoolPtr **list, unsigned flags), (c, list, flags)) \
  HANDLE(const char *, virStoragePoolGetName, (virStoragePoolPtr p), (p)) \
  HANDLE(virStoragePoolPtr, virStoragePoolLookupByName, \
    (virConnectPtr c, const char *name), (c, name)) \
  HANDLE(virStoragePoolPtr, virStoragePoolDefineXML, \
    (virConnectPtr c, const char *xml, unsigned flags), (c, xml, flags)) \
  NUMBER(virStoragePoolFree, (virStoragePoolPtr p), (p)) \
  HANDLE(char *, virStoragePoolGetXMLDesc, (virStoragePoolPtr p, unsigned flags), (p, flags)) \
  NUMBER(virStoragePoolIsActive, (virStoragePoolPtr p), (p)) \
  NUMBER(virStoragePoolGetInfo, (virStoragePoolPtr p, virStoragePoolInfoPtr info), (p, info)) \
  NUMBER(virStoragePoolBuild, (virStoragePoolPtr p, unsigned flags), (p, flags)) \
  NUMBER(virStoragePoolCreate, (virStoragePoolPtr p, unsigned flags), (p, flags)) \
  NUMBER(virStoragePoolRefresh, (virStoragePoolPtr p, unsigned flags), (p, flags)) \
  NUMBER(virStoragePoolDestroy, (virStoragePoolPtr p), (p)) \
  NUMBER(virStoragePoolDelete, (virStoragePoolPtr p, unsigned flags), (p, flags)) \
  NUMBER(virStoragePoolUndefine, (virStoragePoolPtr p), (p)) \
  NUMBER(virStoragePoolListAllVolumes, \
    (virStoragePoolPtr p, virStorageVolPtr **list, unsigned flags), (p, list, flags)) \
  \
  HANDLE(virStorageVolPtr, virStorageVolLookupByName, \
    (virStoragePoolPtr p, const char *name), (p, name)) \
  HANDLE(virStorageVolPtr, virStorageVolCreateXML, \
    (virStoragePoolPtr p, const char *xml, unsigned flags), (p, xml, flags)) \
  NUMBER(virStorageVolFree, (virStorageVolPtr v), (v)) \
  HANDLE(char *, virStorageVolGetPath, (virStorageVolPtr v), (v)) \
  NUMBER(virStorageVolGetInfo, (virStorageVolPtr v, virStorageVolInfoPtr info), (v, info)) \
  NUMBER(virStorageVolDelete, (virStorageVolPtr v, unsigned flags), (v, flags)) \
  NUMBER(virStorageVolUpload, \
    (virStorageVolPtr v, virStreamPtr s, unsigned long long offset, unsigned long long length, \
      unsigned flags), \
    (v, s, offset, length, flags)) \
  NUMBER(virStorageVolDownload, \
    (virStorageVolPtr v, virStreamPtr s, unsigned long long offset, unsigned long long length, \
      unsigned flags), \
    (v, s, offset, length, flags)) \
  \
  HANDLE(virStreamPtr, virStreamNew, (virConnectPtr c, unsigned flags), (c, flags)) \
  NUMBER(virStreamFree, (virStreamPtr s), (s)) \
  NUMBER(virStreamSend, (virStreamPtr s, const char *bytes, size_t count), (s, bytes, count)) \
  NUMBER(virStreamRecv, (virStreamPtr s, char *bytes, size_t count), (s, bytes, count)) \
  NUMBER(virStreamFinish, (virStreamPtr s), (s)) \
  NUMBER(virStreamAbort, (virStreamPtr s), (s)) \
  NUMBER(virStreamEventAddCallback, \
    (virStreamPtr s, int events, virStreamEventCallback call, void *with, virFreeCallback free), \
    (s, events, call, with, free)) \
  NUMBER(virStreamEventUpdateCallback, (virStreamPtr s, int events), (s, events)) \
  NUMBER(virStreamEventRemoveCallback, (virStreamPtr s), (s))
