// The committed bundles, which a test reads, lie beside this folder.
export default { server: { fs: { allow: [".."] } } };
