export { buildImages, defaultRegistry, defaultVersion, imagesAvailable, loadImages, saveImages, type BuildOptions, type BuiltImage } from './build-images.ts'
export { imageApps } from './image-apps.ts'
